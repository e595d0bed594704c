// Vectors of LANES floats and the elementary functions over them.
// Included once per instruction set, inside that set's namespace, after LANES is defined.

typedef float V __attribute__((ext_vector_type(LANES)));
typedef int I __attribute__((ext_vector_type(LANES)));
typedef float Unaligned __attribute__((ext_vector_type(LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define INLINED __attribute__((always_inline))

INLINE V load(const float *p) { return *reinterpret_cast<const Unaligned *>(p); }
INLINE void store(float *p, V v) { *reinterpret_cast<Unaligned *>(p) = v; }

/// The first n lanes from memory, the others zero.
INLINE V loadFirst(const float *p, int n) {
  if (n >= LANES) return load(p);
  float lanes[LANES] = {};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return load(lanes);
}

INLINE void storeFirst(float *p, V v, int n) {
  if (n >= LANES) return store(p, v);
  float lanes[LANES];
  store(lanes, v);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}

/// body(i, lanes) for the vectors of begin..<end; `lanes` is LANES for all but perhaps the last.
template <typename Body> INLINE void forVectors(int64_t begin, int64_t end, const Body &body) {
  int64_t i = begin;
  for (; i + LANES <= end; i += LANES) body(i, LANES);
  if (i < end) body(i, (int)(end - i));
}

INLINE V choose(I mask, V yes, V no) {
  return (V)((mask & (I)(yes)) | (~mask & (I)(no)));
}

INLINE I firstLanes(int n) {
  I mask;
  for (int i = 0; i < LANES; i++) mask[i] = i < n ? -1 : 0;
  return mask;
}

INLINE float sum(V v) {
#if LANES == 16
  typedef float H8 __attribute__((ext_vector_type(8)));
  H8 h8 = v.lo + v.hi;
#elif LANES == 8
  V h8 = v;
#endif
#if LANES >= 8
  typedef float H4 __attribute__((ext_vector_type(4)));
  H4 h4 = h8.lo + h8.hi;
#else
  V h4 = v;
#endif
  return (h4.x + h4.z) + (h4.y + h4.w);
}

/// Within low…high; a NaN stays one.
INLINE V clamp(V x, float low, float high) {
  x = x < V(low) ? V(low) : x;
  return x > V(high) ? V(high) : x;
}

/// a/b for b of moderate size, within 2 units in the last place.
INLINE V quotient(V a, V b) {
#if LANES == 16
  // The estimate of 14 bits and one Newton step take half the time of a division.
  V estimate = (V)__builtin_ia32_rcp14ps512_mask(b, V(0.0f), (unsigned short)-1);
  return a * (estimate * (2.0f - b * estimate));
#else
  return a / b;
#endif
}

/// tanh by x·P(x²)/Q(x²), both of degree 4, fitted to the relative error over |x| <= 9;
/// within 4e-7 of the exact value.
INLINE V tanhOf(V value) {
  V x = clamp(value, -9.0f, 9.0f);
  V z = x * x;
  V p = V(1.3354666e-08f);
  p = p * z + 2.0609086e-05f;
  p = p * z + 0.0034955882f;
  p = p * z + 0.13381025f;
  p = p * z + 1.0f;
  V q = V(7.77656e-07f);
  q = q * z + 0.00032856350f;
  q = q * z + 0.025876982f;
  q = q * z + 0.46714342f;
  q = q * z + 1.0f;
  return clamp(quotient(x * p, q), -1.0f, 1.0f);
}

/// e^x by 2^n·e^r, |r| <= ln(2)/2, Taylor to r⁷; within 2e-7 relative on -87...88.
INLINE V expOf(V value) {
  V x = clamp(value, -87.0f, 88.0f);
  V shifted = x * 1.44269504f + 12582912.0f;
  V n = shifted - 12582912.0f;
  V r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  V p = V(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  I power = (__builtin_convertvector(n, I) + 127) << 23;
  return choose(value == value, p * (V)(power), value);
}

/// ln(x) of a normal positive x by e·ln2 + 2·artanh(s), s = (m-1)/(m+1), series to s¹¹.
INLINE V logOf(V x) {
  I bits = (I)(x);
  I e = (bits - 0x3f3504f3) >> 23;
  V m = (V)(bits - (e << 23));
  V s = (m - 1.0f) / (m + 1.0f);
  V z = s * s;
  V p = V(2.0f / 11);
  p = p * z + 2.0f / 9;
  p = p * z + 2.0f / 7;
  p = p * z + 2.0f / 5;
  p = p * z + 2.0f / 3;
  p = p * z + 2.0f;
  return __builtin_convertvector(e, V) * 0.693147181f + p * s;
}

/// ln(1 + x) for x >= 0, exact also where 1 + x rounds.
INLINE V log1pOf(V x) {
  V u = x + 1.0f;
  V correction = (x - (u - 1.0f)) / u;
  return logOf(u) + correction;
}

/// cos(2πv) for v in [0, 1), as sin(2π(1/4 - |v'|)) with v' = v - round(v), Taylor to x¹³.
INLINE V cosOfTurns(V v) {
  V centred = v - ((v + 12582912.0f) - 12582912.0f);
  V x = (0.25f - __builtin_elementwise_abs(centred)) * 6.28318531f;
  V z = x * x;
  V p = V(1.0f / 6227020800.0f);
  p = p * z - 1.0f / 39916800;
  p = p * z + 1.0f / 362880;
  p = p * z - 1.0f / 5040;
  p = p * z + 1.0f / 120;
  p = p * z - 1.0f / 6;
  p = p * z + 1.0f;
  return p * x;
}

/// Transposes a LANES×LANES block in registers by log2(LANES) perfect shuffles.
INLINE void transpose(V (&rows)[LANES]) {
#pragma unroll
  for (int stage = 1; stage < LANES; stage *= 2) {
    V next[LANES];
#pragma unroll
    for (int i = 0; i < LANES / 2; i++) {
      V a = rows[i], b = rows[i + LANES / 2];
#if LANES == 16
      next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,
                                            7, 23);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                                14, 30, 15, 31);
#elif LANES == 8
      next[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      next[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
    }
#pragma unroll
    for (int i = 0; i < LANES; i++) rows[i] = next[i];
  }
}
