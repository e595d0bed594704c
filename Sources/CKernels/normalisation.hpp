// Layer normalisation with tanh, of one instruction set; see vectors.hpp for how it is included.

/// Some rows at once in three passes, mean, variance, result, so that their sums run side by side.
/// What a row gives does not depend on the rows beside it.
template <int ROWS>
INLINE void normTanhRows(float *x, int columns, const float *scale, const float *offset, float *y,
                         float *inverseDeviation) {
  V even[ROWS], odd[ROWS];
  float mean[ROWS], inverse[ROWS];
  const int64_t stride = columns;
#pragma unroll
  for (int r = 0; r < ROWS; r++) even[r] = odd[r] = V(0.0f);
  int j = 0;
  for (; j + 2 * LANES <= columns; j += 2 * LANES) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      even[r] += load(x + r * stride + j);
      odd[r] += load(x + r * stride + j + LANES);
    }
  }
  for (; j < columns; j += LANES) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) even[r] += loadFirst(x + r * stride + j, columns - j);
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    mean[r] = sum(even[r] + odd[r]) / (float)columns;
    even[r] = odd[r] = V(0.0f);
  }
  for (j = 0; j + 2 * LANES <= columns; j += 2 * LANES) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      V one = load(x + r * stride + j) - mean[r], two = load(x + r * stride + j + LANES) - mean[r];
      even[r] = one * one + even[r];
      odd[r] = two * two + odd[r];
    }
  }
  for (; j < columns; j += LANES) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      V centred = loadFirst(x + r * stride + j, columns - j) - mean[r];
      if (columns - j < LANES) centred = choose(firstLanes(columns - j), centred, V(0.0f));
      even[r] = centred * centred + even[r];
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    float variance = sum(even[r] + odd[r]) / (float)columns;
    inverseDeviation[r] = inverse[r] = 1.0f / __builtin_sqrtf(variance + 1e-6f);
  }
  forVectors(0, columns, [&](int64_t j, int n) INLINED {
    V factor = loadFirst(scale + j, n), added = loadFirst(offset + j, n);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      V normalised = (loadFirst(x + r * stride + j, n) - mean[r]) * inverse[r];
      storeFirst(x + r * stride + j, normalised, n);
      storeFirst(y + r * stride + j, tanhOf(normalised * factor + added), n);
    }
  });
}

/// x becomes x̂, y = tanh(scale·x̂ + offset).
static void normTanhForward(int rows, int columns, float *x, const float *scale,
                            const float *offset, float *y, float *inverseDeviation) {
  int row = 0;
  for (; row + 2 <= rows; row += 2) {
    int64_t at = (int64_t)row * columns;
    normTanhRows<2>(x + at, columns, scale, offset, y + at, inverseDeviation + row);
  }
  if (row < rows) {
    int64_t at = (int64_t)row * columns;
    normTanhRows<1>(x + at, columns, scale, offset, y + at, inverseDeviation + row);
  }
}

/// What the backward pass reads of the forward pass, and dy, which dz replaces; of some rows.
struct NormTanhBackward {
  int columns;
  const float *normalised, *scale, *y, *inverseDeviation;
  float *dy;
};

/// Some rows at once, so that the sums over rows are loaded and stored once for all of them.
template <int ROWS>
INLINE void normTanhBackwardRows(const NormTanhBackward &work, int64_t row, float *dscale,
                                 float *doffset) {
  const int columns = work.columns;
  const int64_t at = row * columns;
  V totals[ROWS], products[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) totals[r] = products[r] = V(0.0f);
  forVectors(0, columns, [&](int64_t j, int n) INLINED {
    V scale = loadFirst(work.scale + j, n), onScale = V(0.0f), onOffset = V(0.0f);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      int64_t i = at + r * columns + j;
      V value = loadFirst(work.y + i, n), unit = loadFirst(work.normalised + i, n);
      V slope = loadFirst(work.dy + i, n) * (1.0f - value * value);
      onScale = slope * unit + onScale;
      onOffset += slope;
      V dunit = slope * scale;
      totals[r] += dunit;
      products[r] = dunit * unit + products[r];
      storeFirst(work.dy + i, dunit, n);
    }
    if (dscale) {
      storeFirst(dscale + j, onScale + loadFirst(dscale + j, n), n);
      storeFirst(doffset + j, onOffset + loadFirst(doffset + j, n), n);
    }
  });
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    float inverse = work.inverseDeviation[row + r];
    float mean = sum(totals[r]) / (float)columns, slant = sum(products[r]) / (float)columns;
    forVectors(0, columns, [&](int64_t j, int n) INLINED {
      int64_t i = at + r * columns + j;
      V dunit = loadFirst(work.dy + i, n), unit = loadFirst(work.normalised + i, n);
      storeFirst(work.dy + i, (dunit - mean - unit * slant) * inverse, n);
    });
  }
}

/// dscale and doffset, null when not wanted, are overwritten with the sums over these rows.
static void normTanhBackward(const NormTanhBackward &work, int rows, float *dscale,
                             float *doffset) {
  if (dscale)
    for (int j = 0; j < work.columns; j++) dscale[j] = doffset[j] = 0;
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) normTanhBackwardRows<4>(work, row, dscale, doffset);
  for (; row < rows; row++) normTanhBackwardRows<1>(work, row, dscale, doffset);
}
