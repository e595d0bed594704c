// Elementwise and row-wise kernels of one instruction set; see vectors.hpp for how it is included.

static void sumRows(const float *x, int64_t rows, int64_t stride, int64_t first, int64_t last,
                    float *out, int mode) {
  for (int64_t j = first; j < last; j += LANES) {
    int lanes = last - j < LANES ? (int)(last - j) : LANES;
    V even = V(0.0f), odd = V(0.0f);
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
      even += loadFirst(x + i * stride + j, lanes);
      odd += loadFirst(x + (i + 1) * stride + j, lanes);
    }
    if (i < rows) even += loadFirst(x + i * stride + j, lanes);
    V total = even + odd;
    if (mode == kinglet_accumulate) total += loadFirst(out + j, lanes);
    storeFirst(out + j, total, lanes);
  }
}

/// Four vectors of columns at a time, each element of x broadcast once to all of them.
static void rowMultiply(int k, int n, const float *x, const float *w, const float *bias, float *y) {
  int j = 0;
  for (; j + 4 * LANES <= n; j += 4 * LANES) {
    V a = load(bias + j), b = load(bias + j + LANES);
    V c = load(bias + j + 2 * LANES), d = load(bias + j + 3 * LANES);
    const float *row = w + j;
    for (int p = 0; p < k; p++, row += n) {
      a = x[p] * load(row) + a;
      b = x[p] * load(row + LANES) + b;
      c = x[p] * load(row + 2 * LANES) + c;
      d = x[p] * load(row + 3 * LANES) + d;
    }
    store(y + j, a);
    store(y + j + LANES, b);
    store(y + j + 2 * LANES, c);
    store(y + j + 3 * LANES, d);
  }
  for (; j < n; j += LANES) {
    V a = loadFirst(bias + j, n - j);
    for (int p = 0; p < k; p++) a = x[p] * loadFirst(w + (int64_t)p * n + j, n - j) + a;
    storeFirst(y + j, a, n - j);
  }
}

INLINE int lanesLeft(int64_t at, int64_t end) {
  return end - at < LANES ? (int)(end - at) : LANES;
}

static void tanhForward(int64_t begin, int64_t end, const float *x, float *y) {
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    storeFirst(y + i, tanhOf(loadFirst(x + i, n)), n);
  }
}

static void tanhBackward(int64_t begin, int64_t end, const float *y, const float *dy, float *dx,
                         int mode) {
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    V value = loadFirst(y + i, n);
    V slope = loadFirst(dy + i, n) * (1.0f - value * value);
    if (mode == kinglet_accumulate) slope += loadFirst(dx + i, n);
    storeFirst(dx + i, slope, n);
  }
}

/// One row in three passes: mean, variance, result.
static void normTanhRow(float *x, int columns, const float *scale, const float *offset, float *y,
                        float *inverseDeviation) {
  V total = V(0.0f);
  for (int j = 0; j < columns; j += LANES) total += loadFirst(x + j, columns - j);
  float mean = sum(total) / (float)columns;
  V squares = V(0.0f);
  for (int j = 0; j < columns; j += LANES) {
    V centred = loadFirst(x + j, columns - j) - mean;
    if (columns - j < LANES) centred = choose(firstLanes(columns - j), centred, V(0.0f));
    squares = centred * centred + squares;
  }
  float inverse = 1.0f / __builtin_sqrtf(sum(squares) / (float)columns + 1e-6f);
  for (int j = 0; j < columns; j += LANES) {
    int n = columns - j;
    V normalised = (loadFirst(x + j, n) - mean) * inverse;
    storeFirst(x + j, normalised, n);
    V activation = normalised * loadFirst(scale + j, n) + loadFirst(offset + j, n);
    storeFirst(y + j, tanhOf(activation), n);
  }
  *inverseDeviation = inverse;
}

static void normTanhForward(const NormTanhForward &work, int64_t beginRow, int64_t endRow) {
  for (int64_t row = beginRow; row < endRow; row++) {
    int64_t at = row * work.columns;
    normTanhRow(work.x + at, work.columns, work.scale, work.offset, work.y + at,
                work.inverseDeviation + row);
  }
}

/// Some rows at once, so that the sums over rows are loaded and stored once for all of them.
template <int ROWS>
INLINE void normTanhBackwardRows(const NormTanhBackward &work, int64_t row, float *dscale,
                                 float *doffset) {
  const int columns = work.columns;
  const int64_t at = row * columns;
  V totals[ROWS], products[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) totals[r] = products[r] = V(0.0f);
  for (int j = 0; j < columns; j += LANES) {
    int n = columns - j;
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
      storeFirst(work.dx + i, dunit, n);
    }
    if (dscale) {
      storeFirst(dscale + j, onScale + loadFirst(dscale + j, n), n);
      storeFirst(doffset + j, onOffset + loadFirst(doffset + j, n), n);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    float inverse = work.inverseDeviation[row + r];
    float mean = sum(totals[r]) / (float)columns, slant = sum(products[r]) / (float)columns;
    for (int j = 0; j < columns; j += LANES) {
      int n = columns - j;
      int64_t i = at + r * columns + j;
      V dunit = loadFirst(work.dx + i, n), unit = loadFirst(work.normalised + i, n);
      storeFirst(work.dx + i, (dunit - mean - unit * slant) * inverse, n);
    }
  }
}

static void normTanhBackward(const NormTanhBackward &work, int64_t beginRow, int64_t endRow,
                             float *dscale, float *doffset) {
  int64_t row = beginRow;
  for (; row + 4 <= endRow; row += 4) normTanhBackwardRows<4>(work, row, dscale, doffset);
  for (; row < endRow; row++) normTanhBackwardRows<1>(work, row, dscale, doffset);
}

static void normal(int64_t begin, int64_t end, const float *uniforms, float *out) {
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    float u[LANES] = {}, v[LANES] = {};
    for (int lane = 0; lane < n; lane++) {
      u[lane] = uniforms[2 * (i + lane)];
      v[lane] = uniforms[2 * (i + lane) + 1];
    }
    V radius = __builtin_elementwise_sqrt(-2.0f * logOf(1.0f - load(u)));
    storeFirst(out + i, radius * cosOfTurns(load(v)), n);
  }
}

INLINE V deviationOf(V logDeviation) {
  return clamp(expOf(logDeviation), KINGLET_LOWEST_DEVIATION, KINGLET_HIGHEST_DEVIATION);
}

static void squashForward(int64_t begin, int64_t end, int size, const float *head,
                          const float *noise, float *action, float *logProbability) {
  for (int64_t row = begin; row < end; row++) {
    const float *mean = head + row * 2 * size, *logDeviation = mean + size;
    V total = V(0.0f);
    for (int j = 0; j < size; j += LANES) {
      int n = size - j;
      V deviation = deviationOf(loadFirst(logDeviation + j, n));
      V draw = loadFirst(noise + row * size + j, n);
      V u = deviation * draw + loadFirst(mean + j, n);
      storeFirst(action + row * size + j, tanhOf(u), n);
      // ln(1 - tanh²u) = 2(ln 2 - |u| - ln(1 + exp(-2|u|))): exact where 1 - tanh² underflows.
      V size_u = __builtin_elementwise_abs(u);
      V jacobian = 2.0f * (0.693147181f - size_u - log1pOf(expOf(-2.0f * size_u)));
      V term = -0.5f * draw * draw - logOf(deviation) - 0.918938533f - jacobian;
      total += n < LANES ? choose(firstLanes(n), term, V(0.0f)) : term;
    }
    logProbability[row] = sum(total);
  }
}

static void squashBackward(int64_t begin, int64_t end, int size, const float *head,
                           const float *noise, const float *action, const float *daction,
                           const float *dlogProbability, float *dhead, int mode) {
  for (int64_t row = begin; row < end; row++) {
    const float *logDeviation = head + row * 2 * size + size;
    float *dmean = dhead + row * 2 * size, *dlogDeviation = dmean + size;
    float slope = dlogProbability ? dlogProbability[row] : 0.0f;
    for (int j = 0; j < size; j += LANES) {
      int n = size - j;
      V a = loadFirst(action + row * size + j, n);
      V raw = expOf(loadFirst(logDeviation + j, n));
      I free = (raw > KINGLET_LOWEST_DEVIATION) & (raw < KINGLET_HIGHEST_DEVIATION);
      V du = slope * 2.0f * a;
      if (daction) du += loadFirst(daction + row * size + j, n) * (1.0f - a * a);
      V dlog = choose(free, du * loadFirst(noise + row * size + j, n) * raw - slope, V(0.0f));
      if (mode == kinglet_accumulate) {
        du += loadFirst(dmean + j, n);
        dlog += loadFirst(dlogDeviation + j, n);
      }
      storeFirst(dmean + j, du, n);
      storeFirst(dlogDeviation + j, dlog, n);
    }
  }
}

INLINE V adamStepOf(const kinglet_adam &adam, V first, V second) {
  V root = __builtin_elementwise_sqrt(second) * adam.inverse_root_correction;
  return -adam.rate * first / (root + adam.epsilon);
}

static void adamStep(const kinglet_adam &adam, int64_t begin, int64_t end, const float *gradient,
                     float *first, float *second, float *value) {
  float m = adam.first_weight, v = adam.second_weight;
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    V g = loadFirst(gradient + i, n);
    V one = loadFirst(first + i, n), two = loadFirst(second + i, n);
    one = (g - one) * m + one;
    two = (g * g - two) * v + two;
    storeFirst(first + i, one, n);
    storeFirst(second + i, two, n);
    storeFirst(value + i, loadFirst(value + i, n) + adamStepOf(adam, one, two), n);
  }
}

static void adamPropose(const kinglet_adam &adam, int64_t begin, int64_t end,
                        const float *gradient, const float *first, const float *second,
                        float *step) {
  float m = adam.first_weight, v = adam.second_weight;
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    V g = loadFirst(gradient + i, n);
    V one = loadFirst(first + i, n), two = loadFirst(second + i, n);
    one = (g - one) * m + one;
    two = (g * g - two) * v + two;
    storeFirst(step + i, adamStepOf(adam, one, two), n);
  }
}

static void approach(int64_t begin, int64_t end, const float *value, float rate, float *target) {
  for (int64_t i = begin; i < end; i += LANES) {
    int n = lanesLeft(i, end);
    V old = loadFirst(target + i, n);
    storeFirst(target + i, (loadFirst(value + i, n) - old) * rate + old, n);
  }
}
