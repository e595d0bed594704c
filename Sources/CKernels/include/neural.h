// Kernels of small neural networks: matrix products, fused normalisation and activation, Adam.
//
// Every array is fp32, row-major, without padding. A kernel never fails, keeps no state beyond the
// context, and gives the same bits for the same variant, inputs and thread count.
#ifndef KINGLET_NEURAL_H
#define KINGLET_NEURAL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define KINGLET_NOEXCEPT noexcept
#else
#define KINGLET_NOEXCEPT
#endif

/// Instruction sets that the kernels are compiled for.
enum {
  kinglet_variant_portable = 0,
  kinglet_variant_avx2 = 1,
  kinglet_variant_avx512 = 2,
};

/// Threads and packing buffers. One context serves one caller at a time.
typedef struct kinglet_context kinglet_context;

/// The fastest variant that this CPU runs.
int32_t kinglet_best_variant(void) KINGLET_NOEXCEPT;

/// A context with `threads` threads, the caller's among them; null when the CPU lacks the variant,
/// `threads` is not in 1...64, or the machine refuses a thread or memory.
kinglet_context *kinglet_context_create(int32_t threads, int32_t variant) KINGLET_NOEXCEPT;

/// Ends the threads and frees the buffers.
void kinglet_context_destroy(kinglet_context *context) KINGLET_NOEXCEPT;

/// The number of times that the context has allocated memory.
int64_t kinglet_context_allocations(const kinglet_context *context) KINGLET_NOEXCEPT;

/// What a product does with the values that C holds before.
enum {
  /// C = A·B
  kinglet_overwrite = 0,
  /// C += A·B
  kinglet_accumulate = 1,
  /// C = A·B + bias in each row
  kinglet_add_bias = 2,
};

/// C = A·B, A m×k, B k×n, C m×n.
typedef struct {
  int32_t m, n, k;
  /// Element (i, p) of A is a[i*a_row + p*a_column]; one of the two strides is 1.
  const float *a;
  int64_t a_row, a_column;
  /// Element (p, j) of B is b[p*b_row + j*b_column]; one of the two strides is 1.
  const float *b;
  int64_t b_row, b_column;
  /// The elements of a row of C are contiguous.
  float *c;
  int64_t c_row;
  /// n values, for `kinglet_add_bias`.
  const float *bias;
  int32_t mode;
} kinglet_product;

/// Runs a product; panels of columns are shared out among the threads.
void kinglet_multiply(kinglet_context *context, const kinglet_product *product) KINGLET_NOEXCEPT;

/// out[j] (+)= sum over i of x[i][j]; accumulates when `mode` says so.
void kinglet_sum_rows(kinglet_context *context, int32_t rows, int32_t columns, const float *x,
                      float *out, int32_t mode) KINGLET_NOEXCEPT;

/// y = tanh(x).
void kinglet_tanh_forward(kinglet_context *context, int64_t count, const float *x,
                          float *y) KINGLET_NOEXCEPT;

/// dx (+)= dy·(1 - y²).
void kinglet_tanh_backward(kinglet_context *context, int64_t count, const float *y,
                           const float *dy, float *dx, int32_t mode) KINGLET_NOEXCEPT;

/// y = tanh(scale·x̂ + offset), x̂ = (x - mean(x))/sqrt(var(x) + 1e-6) over the columns of a row.
/// x is replaced by x̂, and inverse_deviation (one value per row) is filled for the backward pass.
void kinglet_norm_tanh_forward(kinglet_context *context, int32_t rows, int32_t columns, float *x,
                               const float *scale, const float *offset, float *y,
                               float *inverse_deviation) KINGLET_NOEXCEPT;

/// The backward pass of the same; `mode` governs dscale and doffset (both null: not wanted).
/// dx is overwritten and may be dy.
void kinglet_norm_tanh_backward(kinglet_context *context, int32_t rows, int32_t columns,
                                const float *normalised, const float *scale, const float *y,
                                const float *inverse_deviation, const float *dy, float *dx,
                                float *dscale, float *doffset, int32_t mode) KINGLET_NOEXCEPT;

/// Standard normal draws by the Box-Muller transform, sqrt(-2 ln(1-u))·cos(2πv), from pairs of
/// uniform draws in [0, 1): u = uniforms[2i], v = uniforms[2i+1].
void kinglet_normal(kinglet_context *context, int64_t count, const float *uniforms,
                    float *out) KINGLET_NOEXCEPT;

/// Bounds of the standard deviation of a squashed Gaussian.
#define KINGLET_LOWEST_DEVIATION 1e-5f
#define KINGLET_HIGHEST_DEVIATION 5.0f

/// action = tanh(u), u = mean + deviation·noise, deviation = clip(exp(logDeviation), 1e-5, 5);
/// log_probability = sum of -noise²/2 - ln(deviation) - ln(2π)/2 - ln(1 - action²).
/// head holds [mean | logDeviation] per row; noise and action are rows×size.
void kinglet_squash_forward(kinglet_context *context, int32_t rows, int32_t size,
                            const float *head, const float *noise, float *action,
                            float *log_probability) KINGLET_NOEXCEPT;

/// The backward pass of the same: overwrites or adds to dhead. daction or dlog_probability may be
/// null.
void kinglet_squash_backward(kinglet_context *context, int32_t rows, int32_t size,
                             const float *head, const float *noise, const float *action,
                             const float *daction, const float *dlog_probability, float *dhead,
                             int32_t mode) KINGLET_NOEXCEPT;

/// One step of Adam (Kingma and Ba 2015): m += (1-β1)(g-m), v += (1-β2)(g²-v),
/// step = -rate·m/(sqrt(v)·inverse_root_correction + epsilon), value += step. `rate` already holds
/// the correction of m; the weights are 1-β1 and 1-β2, which a β in fp32 would have only roughly.
typedef struct {
  float rate, first_weight, second_weight, inverse_root_correction, epsilon;
} kinglet_adam;

/// Takes the step.
void kinglet_adam_step(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                       const float *gradient, float *first, float *second,
                       float *value) KINGLET_NOEXCEPT;

/// Writes the step to `step` and changes nothing else.
void kinglet_adam_propose(kinglet_context *context, const kinglet_adam *adam, int64_t count,
                          const float *gradient, const float *first, const float *second,
                          float *step) KINGLET_NOEXCEPT;

/// target += rate·(value - target).
void kinglet_approach(kinglet_context *context, int64_t count, const float *value, float rate,
                      float *target) KINGLET_NOEXCEPT;

// One row without a context, for policies: the fastest variant, on the caller's thread.

/// y = x·W + bias, x of k values, W k×n.
void kinglet_row_multiply(int32_t k, int32_t n, const float *x, const float *w, const float *bias,
                          float *y) KINGLET_NOEXCEPT;

/// x = tanh(x).
void kinglet_row_tanh(int32_t n, float *x) KINGLET_NOEXCEPT;

/// x = tanh(scale·x̂ + offset), as `kinglet_norm_tanh_forward`.
void kinglet_row_norm_tanh(int32_t n, float *x, const float *scale,
                           const float *offset) KINGLET_NOEXCEPT;

/// action = tanh(mean + deviation·noise), as `kinglet_squash_forward`.
void kinglet_row_squash(int32_t size, const float *head, const float *noise,
                        float *action) KINGLET_NOEXCEPT;

/// As `kinglet_normal`.
void kinglet_row_normal(int32_t count, const float *uniforms, float *out) KINGLET_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
