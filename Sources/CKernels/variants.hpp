// The table of kernels that each instruction set fills, and what the bodies need of a context.
#pragma once
#include "include/neural.h"

namespace kinglet {

/// A share of the work: part `part` of `parts`, with a buffer of the thread that runs it.
struct Share {
  int part, parts;
  float *scratch;
};

/// Contiguous range of `count` items that is one share's.
struct Range {
  int64_t begin, end;
  Range(int64_t count, const Share &share)
      : begin(count * share.part / share.parts), end(count * (share.part + 1) / share.parts) {}
};

struct NormTanhForward {
  int columns;
  float *x;
  const float *scale, *offset;
  float *y, *inverseDeviation;
};

struct NormTanhBackward {
  int columns;
  const float *normalised, *scale, *y, *inverseDeviation, *dy;
  float *dx;
};

/// One entry per kernel; each handles one share.
struct Variant {
  void (*multiply)(const kinglet_product &, const Share &);
  int64_t (*multiplyScratch)(const kinglet_product &);
  void (*sumRows)(const float *x, int64_t rows, int64_t stride, int64_t first, int64_t last,
                  float *out, int mode);
  void (*rowMultiply)(int k, int n, const float *x, const float *w, const float *bias, float *y);
  void (*tanhForward)(int64_t begin, int64_t end, const float *x, float *y);
  void (*tanhBackward)(int64_t begin, int64_t end, const float *y, const float *dy, float *dx,
                       int mode);
  void (*normTanhForward)(const NormTanhForward &, int64_t beginRow, int64_t endRow);
  /// dscale and doffset are added to; null when not wanted.
  void (*normTanhBackward)(const NormTanhBackward &, int64_t beginRow, int64_t endRow,
                           float *dscale, float *doffset);
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
};

extern const Variant portable;
#if defined(__x86_64__)
extern const Variant avx2;
extern const Variant avx512;
#endif

}  // namespace kinglet
