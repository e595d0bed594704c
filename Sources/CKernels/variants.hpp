// The table of kernels that each instruction set fills, and what the bodies need of a context.
#pragma once
#include "include/neural.h"

namespace kinglet {

/// C = A·B, or C += A·B, A m×k, B k×n, C m×n.
struct Product {
  int m, n, k;
  /// Element (i, p) of A is a[i*aRow + p*aColumn]; one of the two strides is 1.
  const float *a;
  int64_t aRow, aColumn;
  /// Element (p, j) of B is b[p*bRow + j*bColumn]; one of the two strides is 1.
  const float *b;
  int64_t bRow, bColumn;
  /// The elements of a row of C are contiguous.
  float *c;
  int64_t cRow;
  /// Begins each row of C when not null.
  const float *bias;
  int mode;
};

/// Some rows, or some columns, of a member of an ensemble.
struct Part {
  int member, begin, count;
};

/// One entry per kernel; each runs on the caller's thread.
struct Variant {
  int64_t (*denseScratch)(const kinglet_dense &);
  void (*denseForward)(const kinglet_dense &, const Part &, float *scratch);
  void (*denseForwardNorm)(const kinglet_dense &, const Part &);
  void (*denseBackwardNorm)(const kinglet_dense &, const kinglet_dense_gradients &, const Part &,
                            float *sums);
  void (*denseBackwardInput)(const kinglet_dense &, const kinglet_dense_gradients &, const Part &,
                             int mode, float *scratch);
  void (*denseBackwardWeight)(const kinglet_dense &, const kinglet_dense_gradients &, const Part &,
                              float *scratch);
  void (*denseBackwardScale)(const kinglet_dense &, const kinglet_dense_gradients &, const Part &,
                             const float *sums, int blocks);
  void (*rowMultiply)(int k, int n, const float *x, const float *w, const float *bias, float *y);
  void (*tanhForward)(int64_t begin, int64_t end, const float *x, float *y);
  void (*tanhBackward)(int64_t begin, int64_t end, const float *y, const float *dy, float *dx,
                       int mode);
  void (*normTanhForward)(int rows, int columns, float *x, const float *scale,
                          const float *offset, float *y, float *inverseDeviation);
  void (*normal)(int64_t begin, int64_t end, const float *uniforms, float *out);
  void (*squashForward)(int64_t begin, int64_t end, int size, const float *head,
                        const float *noise, float *action, float *logProbability);
  void (*squashBackward)(int64_t begin, int64_t end, int size, const float *head,
                         const float *noise, const float *action, const float *daction,
                         const float *dlogProbability, float *dhead, int mode);
  void (*adamStep)(const kinglet_adam &, int64_t begin, int64_t end, const float *gradient,
                   float *first, float *second, float *value);
  void (*adamPropose)(const kinglet_adam &, int64_t begin, int64_t end, const float *gradient,
                      const float *first, const float *second, float *step);
  void (*approach)(int64_t begin, int64_t end, const float *value, float rate, float *target);
  float (*multiplyAdds)(int64_t rounds);
  int operationsPerRound;
};

extern const Variant portable;
#if defined(__x86_64__)
extern const Variant avx2;
extern const Variant avx512;
#endif

}  // namespace kinglet
