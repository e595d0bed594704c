// The packed matrix product of one instruction set; see vectors.hpp for how it is included.
//
// For each panel of TILE_COLUMNS columns, B is packed to k rows of that width (32 KiB for k = 256:
// it stays in the nearest caches), then tiles of up to TILE_ROWS rows run down the panel with all
// their sums in registers. No sum depends on the tiling, or on which thread runs it.

#define TILE_COLUMNS (2 * LANES)

/// C(rows×(vectors·LANES)) (+)= A·panel. Element (i, p) of A is a[i*rowStride + p*columnStride].
template <int ROWS, int VECTORS>
INLINE void tile(int k, const float *a, int64_t rowStride, int64_t columnStride,
                 const float *panel, float *c, int64_t cRow, int valid, int mode,
                 const float *bias) {
  V sums[ROWS][VECTORS];
  V first[VECTORS];
#pragma unroll
  for (int j = 0; j < VECTORS; j++) {
    int lanes = valid - j * LANES;
    first[j] = bias ? loadFirst(bias + j * LANES, lanes) : V(0.0f);
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
#pragma unroll
    for (int j = 0; j < VECTORS; j++) sums[i][j] = first[j];
  }
  // The sums are stored only after the loop: fetch the lines meanwhile.
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    __builtin_prefetch(c + i * cRow, 1);
    __builtin_prefetch(c + i * cRow + valid - 1, 1);
  }
  for (int p = 0; p < k; p++) {
    V b[VECTORS];
#pragma unroll
    for (int j = 0; j < VECTORS; j++) b[j] = load(panel + j * LANES);
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      V element = V(a[i * rowStride]);
#pragma unroll
      for (int j = 0; j < VECTORS; j++) sums[i][j] = element * b[j] + sums[i][j];
    }
    panel += VECTORS * LANES;
    a += columnStride;
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
#pragma unroll
    for (int j = 0; j < VECTORS; j++) {
      float *out = c + i * cRow + j * LANES;
      int lanes = valid - j * LANES;
      V value = sums[i][j];
      if (mode == kinglet_accumulate) value += loadFirst(out, lanes);
      storeFirst(out, value, lanes);
    }
  }
}

struct Panel {
  int k, valid, mode;
  const float *packed, *bias;
  int64_t cRow;
};

template <int ROWS, bool PACKED>
static __attribute__((noinline)) void rowsOfPanel(const Panel &panel, const float *a,
                                                  int64_t rowStride, float *c) {
  int64_t row = PACKED ? 1 : rowStride;
  int64_t column = PACKED ? TILE_ROWS : 1;
  if (panel.valid > LANES)
    tile<ROWS, 2>(panel.k, a, row, column, panel.packed, c, panel.cRow, panel.valid, panel.mode,
                  panel.bias);
  else
    tile<ROWS, 1>(panel.k, a, row, column, panel.packed, c, panel.cRow, panel.valid, panel.mode,
                  panel.bias);
}

template <bool PACKED, int ROWS = TILE_ROWS>
INLINE void dispatch(int rows, const Panel &panel, const float *a, int64_t rowStride, float *c) {
  if constexpr (ROWS > 0) {
    if (rows == ROWS) return rowsOfPanel<ROWS, PACKED>(panel, a, rowStride, c);
    dispatch<PACKED, ROWS - 1>(rows, panel, a, rowStride, c);
  }
}

/// Width of a packed panel with that many valid columns.
INLINE int packedWidth(int valid) { return valid > LANES ? TILE_COLUMNS : LANES; }

/// Packs columns of B that lie along memory.
static void packAlong(int k, const float *b, int64_t row, int valid, float *out) {
  int width = packedWidth(valid);
  const int ahead = 16;
  for (int p = 0; p < k; p++) {
    // The rows are far apart: no hardware prefetcher follows them.
    __builtin_prefetch(b + ahead * row);
    __builtin_prefetch(b + ahead * row + valid - 1);
    if (valid == TILE_COLUMNS) {
      store(out, load(b));
      store(out + LANES, load(b + LANES));
    } else {
      for (int j = 0; j < width; j += LANES) store(out + j, loadFirst(b + j, valid - j));
    }
    b += row;
    out += width;
  }
}

/// Packs columns of B that lie across memory: a transposition.
static void packAcross(int k, const float *b, int64_t column, int valid, float *out) {
  int width = packedWidth(valid);
  for (int j0 = 0; j0 < width; j0 += LANES) {
    int columns = valid - j0 < LANES ? valid - j0 : LANES;
    for (int p = 0; p < k; p += LANES) {
      int depth = k - p < LANES ? k - p : LANES;
      V block[LANES];
      if (columns == LANES && depth == LANES) {
#pragma unroll
        for (int j = 0; j < LANES; j++) {
          block[j] = load(b + (j0 + j) * column + p);
          __builtin_prefetch(b + (j0 + j) * column + p + 4 * LANES);
        }
      } else {
        for (int j = 0; j < LANES; j++)
          block[j] = j < columns ? loadFirst(b + (j0 + j) * column + p, depth) : V(0.0f);
      }
      transpose(block);
#pragma unroll
      for (int i = 0; i < LANES; i++)
        if (i < depth) store(out + (int64_t)(p + i) * width + j0, block[i]);
    }
  }
}

/// A partition of m rows into nearly equal tiles, the larger ones first.
struct Tiles {
  int count, rows, larger;
  explicit Tiles(int m)
      : count((m + TILE_ROWS - 1) / TILE_ROWS), rows(m / count), larger(m % count) {}
  int size(int tile) const { return rows + (tile < larger ? 1 : 0); }
};

/// Floats from one packed tile to the next: a cache line more than it holds, lest all tiles begin
/// in the same set of the nearest cache.
INLINE int64_t packedTile(int k) { return (int64_t)k * TILE_ROWS + 16; }

/// Packs A whose rows lie along memory: one block of k×TILE_ROWS per tile.
static void packRows(const Product &product, const Tiles &tiles, float *out) {
  for (int p = 0; p < product.k; p++) {
    const float *from = product.a + p * product.aColumn;
    float *to = out + p * TILE_ROWS;
    int begin = 0;
    for (int t = 0; t < tiles.count; t++) {
      // A copy of constant length is quick; what it brings too much is never read.
      if (begin + TILE_ROWS <= product.m) {
        __builtin_memcpy(to, from + begin, sizeof(float) * TILE_ROWS);
      } else {
        for (int i = begin; i < product.m; i++) to[i - begin] = from[i];
      }
      begin += tiles.size(t);
      to += packedTile(product.k);
    }
  }
}

/// Fetches the rows of the next tile while this one is computed.
INLINE void fetchRows(const float *a, int64_t row, int rows, int k) {
  for (int i = 0; i < rows; i++) {
    for (int p = 0; p < k; p += 16) __builtin_prefetch(a + i * row + p, 0, 2);
  }
}

/// y = X·w: n = 1 and the rows of A along memory's order.
static void multiplyVector(const Product &product) {
  const float *b = product.b;
  for (int i = 0; i < product.m; i++) {
    const float *x = product.a + i * product.aRow;
    V even = V(0.0f), odd = V(0.0f);
    int p = 0;
    for (; p + 2 * LANES <= product.k; p += 2 * LANES) {
      even = load(x + p) * load(b + p) + even;
      odd = load(x + p + LANES) * load(b + p + LANES) + odd;
    }
    for (; p < product.k; p += LANES)
      even = loadFirst(x + p, product.k - p) * loadFirst(b + p, product.k - p) + even;
    float value = sum(even + odd);
    if (product.bias) value += product.bias[0];
    float *out = product.c + i * product.cRow;
    if (product.mode == kinglet_accumulate) value += *out;
    *out = value;
  }
}

/// c = Xᵀ·w: n = 1 and the columns of A along memory; eight vectors of sums at a time.
static void multiplyTransposedVector(const Product &product) {
  const int most = 8;
  for (int begin = 0; begin < product.m; begin += most * LANES) {
    int left = product.m - begin;
    V sums[most];
    for (int j = 0; j < most; j++) sums[j] = V(0.0f);
    for (int p = 0; p < product.k; p++) {
      const float *row = product.a + p * product.aColumn + begin;
      V factor = V(product.b[p * product.bRow]);
      if (left >= most * LANES) {
#pragma unroll
        for (int j = 0; j < most; j++) sums[j] = factor * load(row + j * LANES) + sums[j];
      } else {
        for (int j = 0; j * LANES < left; j++)
          sums[j] = factor * loadFirst(row + j * LANES, left - j * LANES) + sums[j];
      }
    }
    for (int j = 0; j < most && j * LANES < left; j++) {
      float *out = product.c + begin + j * LANES;
      int lanes = left - j * LANES;
      V value = sums[j];
      if (product.mode == kinglet_accumulate) value += loadFirst(out, lanes);
      storeFirst(out, value, lanes);
    }
  }
}

/// One panel; `isFirst` when the rows of A are not near yet.
static void multiplyPanel(const Product &product, int begin, const Tiles &tiles, bool isFirst,
                          const float *packedA, float *packedB) {
  int valid = product.n - begin < TILE_COLUMNS ? product.n - begin : TILE_COLUMNS;
  const float *bias = product.bias ? product.bias + begin : nullptr;
  if (product.bColumn == 1)
    packAlong(product.k, product.b + begin, product.bRow, valid, packedB);
  else
    packAcross(product.k, product.b + begin * product.bColumn, product.bColumn, valid, packedB);
  Panel panel{product.k, valid, product.mode, packedB, bias, product.cRow};
  const float *a = product.a;
  float *c = product.c + begin;
  for (int t = 0; t < tiles.count; t++) {
    int rows = tiles.size(t);
    if (packedA) {
      dispatch<true>(rows, panel, packedA + t * packedTile(product.k), 0, c);
    } else {
      if (isFirst && t + 1 < tiles.count)
        fetchRows(a + rows * product.aRow, product.aRow, tiles.size(t + 1), product.k);
      dispatch<false>(rows, panel, a, product.aRow, c);
      a += rows * product.aRow;
    }
    c += rows * product.cRow;
  }
}

/// Floats of working memory for a product of these sizes, whichever way A lies.
static int64_t multiplyScratch(int m, int k) {
  return (int64_t)k * TILE_COLUMNS + Tiles(m).count * packedTile(k);
}

static void multiply(const Product &product, float *scratch) {
  if (product.n == 1 && product.aColumn == 1 && product.bRow == 1)
    return multiplyVector(product);
  if (product.n == 1 && product.aRow == 1 && product.cRow == 1 && !product.bias)
    return multiplyTransposedVector(product);
  Tiles tiles(product.m);
  float *packedB = scratch;
  float *packedA = product.aColumn == 1 ? nullptr : packedB + (int64_t)product.k * TILE_COLUMNS;
  if (packedA) packRows(product, tiles, packedA);
  for (int begin = 0; begin < product.n; begin += TILE_COLUMNS)
    multiplyPanel(product, begin, tiles, begin == 0, packedA, packedB);
}
