// Matrix products of other libraries. OpenBLAS and oneDNN are opened at run time, so that nobody
// needs them; Eigen is headers alone.
#include "include/references.h"

#include <dlfcn.h>

// Before the other instructions are chosen, so that what these define runs on any CPU.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <sstream>
#include <vector>

#if defined(__x86_64__)
// Eigen chooses its instructions by these names. Under a name of its own it cannot be taken for
// the Eigen that impedance.cpp compiles for any CPU.
#define Eigen EigenWithAVX2
#define __SSE3__ 1
#define __SSSE3__ 1
#define __SSE4_1__ 1
#define __SSE4_2__ 1
#define __AVX__ 1
#define __AVX2__ 1
#define __FMA__ 1
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include <Eigen/Core>

namespace {

typedef Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> Rows;
typedef Eigen::Map<const Rows> Source;

void multiplyByEigen(int m, int n, int k, const float *a, bool isATransposed, const float *b,
                     bool isBTransposed, float *c) {
  Eigen::Map<Rows> out(c, m, n);
  Source left(a, isATransposed ? k : m, isATransposed ? m : k);
  Source right(b, isBTransposed ? n : k, isBTransposed ? k : n);
  if (isATransposed)
    out.noalias() = left.transpose() * right;
  else if (isBTransposed)
    out.noalias() = left * right.transpose();
  else
    out.noalias() = left * right;
}

}  // namespace
#pragma clang attribute pop
#endif

namespace {

typedef void (*SetThreads)(int);
typedef int (*GetThreads)();
typedef void (*OpenBLAS)(int order, int transA, int transB, int m, int n, int k, float alpha,
                         const float *a, int lda, const float *b, int ldb, float beta, float *c,
                         int ldc);
typedef int (*OneDNN)(char transA, char transB, int64_t m, int64_t n, int64_t k, float alpha,
                      const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                      float *c, int64_t ldc);

OpenBLAS openBLAS = nullptr;
OneDNN oneDNN = nullptr;

void *openFirst(const char *const *names) {
  for (; *names; names++)
    if (void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL)) return library;
  return nullptr;
}

bool openOpenBLAS(int threads) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so", nullptr};
  void *library = openFirst(names);
  if (library == nullptr) return false;
  openBLAS = reinterpret_cast<OpenBLAS>(dlsym(library, "cblas_sgemm"));
  auto setThreads = reinterpret_cast<SetThreads>(dlsym(library, "openblas_set_num_threads"));
  auto getThreads = reinterpret_cast<GetThreads>(dlsym(library, "openblas_get_num_threads"));
  if (openBLAS == nullptr || setThreads == nullptr || getThreads == nullptr) return false;
  setThreads(threads);
  return getThreads() == threads;
}

bool openOneDNN(int threads) {
  static const char *const names[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", nullptr};
  void *library = openFirst(names);
  if (library == nullptr) return false;
  oneDNN = reinterpret_cast<OneDNN>(dlsym(library, "dnnl_sgemm"));
  auto setThreads = reinterpret_cast<SetThreads>(dlsym(library, "omp_set_num_threads"));
  // A oneDNN on other threads than OpenMP's has no such name, and cannot be held to a number here.
  if (oneDNN == nullptr || setThreads == nullptr) return false;
  setThreads(threads);
  return true;
}

}  // namespace

int32_t kinglet_reference_open(int32_t library, int32_t threads) {
  switch (library) {
  case kinglet_reference_eigen:
#if defined(__x86_64__)
    __builtin_cpu_init();
    return threads == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
  case kinglet_reference_openblas: return openOpenBLAS(threads);
  case kinglet_reference_onednn: return openOneDNN(threads);
  default: return 0;
  }
}

void kinglet_reference_multiply(int32_t library, int32_t m, int32_t n, int32_t k, const float *a,
                                int32_t a_is_transposed, const float *b, int32_t b_is_transposed,
                                float *c) {
  const int aRow = a_is_transposed ? m : k, bRow = b_is_transposed ? k : n;
  switch (library) {
#if defined(__x86_64__)
  case kinglet_reference_eigen:
    multiplyByEigen(m, n, k, a, a_is_transposed != 0, b, b_is_transposed != 0, c);
    break;
#endif
  case kinglet_reference_openblas: {
    const int rowMajor = 101, plain = 111, transposed = 112;
    openBLAS(rowMajor, a_is_transposed ? transposed : plain, b_is_transposed ? transposed : plain,
             m, n, k, 1, a, aRow, b, bRow, 0, c, n);
    break;
  }
  case kinglet_reference_onednn:
    oneDNN(a_is_transposed ? 'T' : 'N', b_is_transposed ? 'T' : 'N', m, n, k, 1, a, aRow, b, bRow,
           0, c, n);
    break;
  default: break;
  }
}
