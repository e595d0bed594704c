// Elementwise and row-wise kernels of one instruction set; see vectors.hpp for how it is included.

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

static void tanhForward(int64_t begin, int64_t end, const float *x, float *y) {
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    storeFirst(y + i, tanhOf(loadFirst(x + i, n)), n);
  });
}

static void tanhBackward(int64_t begin, int64_t end, const float *y, const float *dy, float *dx,
                         int mode) {
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    V value = loadFirst(y + i, n);
    V slope = loadFirst(dy + i, n) * (1.0f - value * value);
    if (mode == kinglet_accumulate) slope += loadFirst(dx + i, n);
    storeFirst(dx + i, slope, n);
  });
}

static void normal(int64_t begin, int64_t end, const float *uniforms, float *out) {
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    float u[LANES] = {}, v[LANES] = {};
    for (int lane = 0; lane < n; lane++) {
      u[lane] = uniforms[2 * (i + lane)];
      v[lane] = uniforms[2 * (i + lane) + 1];
    }
    V radius = __builtin_elementwise_sqrt(-2.0f * logOf(1.0f - load(u)));
    storeFirst(out + i, radius * cosOfTurns(load(v)), n);
  });
}

INLINE V deviationOf(V logDeviation) {
  return clamp(expOf(logDeviation), KINGLET_LOWEST_DEVIATION, KINGLET_HIGHEST_DEVIATION);
}

static void squashForward(int64_t begin, int64_t end, int size, const float *head,
                          const float *noise, float *action, float *logProbability) {
  for (int64_t row = begin; row < end; row++) {
    const float *mean = head + row * 2 * size, *logDeviation = mean + size;
    V total = V(0.0f);
    forVectors(0, size, [&](int64_t j, int n) INLINED {
      V deviation = deviationOf(loadFirst(logDeviation + j, n));
      V draw = loadFirst(noise + row * size + j, n);
      V u = deviation * draw + loadFirst(mean + j, n);
      storeFirst(action + row * size + j, tanhOf(u), n);
      // ln(1 - tanh²u) = 2(ln 2 - |u| - ln(1 + exp(-2|u|))): exact where 1 - tanh² underflows.
      V size_u = __builtin_elementwise_abs(u);
      V jacobian = 2.0f * (0.693147181f - size_u - log1pOf(expOf(-2.0f * size_u)));
      V term = -0.5f * draw * draw - logOf(deviation) - 0.918938533f - jacobian;
      total += n < LANES ? choose(firstLanes(n), term, V(0.0f)) : term;
    });
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
    forVectors(0, size, [&](int64_t j, int n) INLINED {
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
    });
  }
}

INLINE V adamStepOf(const kinglet_adam &adam, V first, V second) {
  V root = __builtin_elementwise_sqrt(second) * adam.inverse_root_correction;
  return -adam.rate * first / (root + adam.epsilon);
}

static void adamStep(const kinglet_adam &adam, int64_t begin, int64_t end, const float *gradient,
                     float *first, float *second, float *value) {
  float m = adam.first_weight, v = adam.second_weight;
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    V g = loadFirst(gradient + i, n);
    V one = loadFirst(first + i, n), two = loadFirst(second + i, n);
    one = (g - one) * m + one;
    two = (g * g - two) * v + two;
    storeFirst(first + i, one, n);
    storeFirst(second + i, two, n);
    storeFirst(value + i, loadFirst(value + i, n) + adamStepOf(adam, one, two), n);
  });
}

static void adamPropose(const kinglet_adam &adam, int64_t begin, int64_t end,
                        const float *gradient, const float *first, const float *second,
                        float *step) {
  float m = adam.first_weight, v = adam.second_weight;
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    V g = loadFirst(gradient + i, n);
    V one = loadFirst(first + i, n), two = loadFirst(second + i, n);
    one = (g - one) * m + one;
    two = (g * g - two) * v + two;
    storeFirst(step + i, adamStepOf(adam, one, two), n);
  });
}

static void approach(int64_t begin, int64_t end, const float *value, float rate, float *target) {
  forVectors(begin, end, [&](int64_t i, int n) INLINED {
    V old = loadFirst(target + i, n);
    storeFirst(target + i, (loadFirst(value + i, n) - old) * rate + old, n);
  });
}

/// Multiply-adds between registers alone, 12 independent chains; the result keeps them alive.
static float multiplyAdds(int64_t rounds) {
  const int chains = 12;
  V sums[chains], factor = V(0.999f), added = V(0.001f);
#pragma unroll
  for (int i = 0; i < chains; i++) sums[i] = V((float)i);
  for (int64_t round = 0; round < rounds; round++) {
#pragma unroll
    for (int i = 0; i < chains; i++) sums[i] = sums[i] * factor + added;
    // Keeps the compiler from folding rounds together.
    asm volatile("");
  }
  V total = sums[0];
#pragma unroll
  for (int i = 1; i < chains; i++) total += sums[i];
  return sum(total);
}

/// Floating-point operations of one round of `multiplyAdds`.
static const int operationsPerRound = 12 * LANES * 2;
