// Matrix products of other libraries, for `kinglet bench gemm` to stand beside.
#ifndef KINGLET_REFERENCES_H
#define KINGLET_REFERENCES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /// Compiled in with AVX2; one thread.
  kinglet_reference_eigen = 0,
  /// libopenblas, if the machine has it.
  kinglet_reference_openblas = 1,
  /// libdnnl, if the machine has it.
  kinglet_reference_onednn = 2,
};

/// Makes a library ready for so many threads; 0 when it is missing or the CPU cannot run it.
int32_t kinglet_reference_open(int32_t library, int32_t threads);

/// C = A·B, A m×k, B k×n, C m×n, row-major; a matrix that is transposed lies in memory as its
/// transpose.
void kinglet_reference_multiply(int32_t library, int32_t m, int32_t n, int32_t k, const float *a,
                                int32_t a_is_transposed, const float *b, int32_t b_is_transposed,
                                float *c);

#ifdef __cplusplus
}
#endif
#endif
