// The parts of a dense layer that one thread runs, of one instruction set; see vectors.hpp for how
// it is included. Each part names the rows or columns that it writes, so that any division of the
// work gives the same bits.

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

/// Parameters of a member.
INLINE int64_t blockOf(const kinglet_dense &layer, int member) {
  return layer.blocks ? layer.blocks[member] : member;
}

INLINE const float *inputsOf(const kinglet_dense &layer, int member) {
  return layer.x_is_shared ? layer.x : layer.x + (int64_t)member * layer.rows * layer.inputs;
}

INLINE const float *weightOf(const kinglet_dense &layer, int member) {
  return layer.weight + blockOf(layer, member) * layer.inputs * layer.outputs;
}

static int64_t denseScratch(const kinglet_dense &layer) {
  int64_t forward = multiplyScratch(layer.rows, layer.inputs);
  int64_t input = multiplyScratch(layer.rows, layer.outputs);
  int64_t weight = multiplyScratch(layer.inputs, layer.rows);
  int64_t most = forward > input ? forward : input;
  return most > weight ? most : weight;
}

/// z = x·W + b, for some rows of a member.
static void denseForward(const kinglet_dense &layer, const Part &part, float *scratch) {
  int64_t row = (int64_t)part.member * layer.rows + part.begin;
  int64_t block = blockOf(layer, part.member) * layer.outputs;
  float *z = layer.normalised ? layer.normalised : layer.y;
  Product product{};
  product.m = part.count;
  product.n = layer.outputs;
  product.k = layer.inputs;
  product.a = inputsOf(layer, part.member) + (int64_t)part.begin * layer.inputs;
  product.aRow = layer.inputs;
  product.aColumn = 1;
  product.b = weightOf(layer, part.member);
  product.bRow = layer.outputs;
  product.bColumn = 1;
  product.c = z + row * layer.outputs;
  product.cRow = layer.outputs;
  product.bias = layer.bias + block;
  product.mode = kinglet_overwrite;
  multiply(product, scratch);
}

/// y = tanh(scale·ẑ + offset), and ẑ in place of z, for some rows of a member.
static void denseForwardNorm(const kinglet_dense &layer, const Part &part) {
  int64_t row = (int64_t)part.member * layer.rows + part.begin, at = row * layer.outputs;
  int64_t block = blockOf(layer, part.member) * layer.outputs;
  normTanhForward(part.count, layer.outputs, layer.normalised + at, layer.scale + block,
                  layer.offset + block, layer.y + at, layer.inverse_deviation + row);
}

/// dz of some rows of a member, in place of dy; `sums` takes dscale and doffset of these rows.
static void denseBackwardNorm(const kinglet_dense &layer, const kinglet_dense_gradients &to,
                              const Part &part, float *sums) {
  int64_t row = (int64_t)part.member * layer.rows + part.begin, at = row * layer.outputs;
  NormTanhBackward work{layer.outputs,
                        layer.normalised + at,
                        layer.scale + blockOf(layer, part.member) * layer.outputs,
                        layer.y + at,
                        layer.inverse_deviation + row,
                        to.dy + at};
  normTanhBackward(work, part.count, to.dscale ? sums : nullptr, sums + layer.outputs);
}

/// dx (+)= dz·Wᵀ of some rows of a member.
static void denseBackwardInput(const kinglet_dense &layer, const kinglet_dense_gradients &to,
                               const Part &part, int mode, float *scratch) {
  int64_t first = layer.x_is_shared ? 0 : (int64_t)part.member * layer.rows;
  Product product{};
  product.m = part.count;
  product.n = layer.inputs;
  product.k = layer.outputs;
  product.a = to.dy + ((int64_t)part.member * layer.rows + part.begin) * layer.outputs;
  product.aRow = layer.outputs;
  product.aColumn = 1;
  product.b = weightOf(layer, part.member);
  product.bRow = 1;
  product.bColumn = layer.outputs;
  product.c = to.dx + (first + part.begin) * layer.inputs;
  product.cRow = layer.inputs;
  product.mode = mode;
  multiply(product, scratch);
}

/// dW (+)= xᵀ·dz and db (+)= Σ dz, for some columns of a member.
static void denseBackwardWeight(const kinglet_dense &layer, const kinglet_dense_gradients &to,
                                const Part &part, float *scratch) {
  const float *dz = to.dy + (int64_t)part.member * layer.rows * layer.outputs + part.begin;
  if (to.dweight) {
    Product product{};
    product.m = layer.inputs;
    product.n = part.count;
    product.k = layer.rows;
    product.a = inputsOf(layer, part.member);
    product.aRow = 1;
    product.aColumn = layer.inputs;
    product.b = dz;
    product.bRow = layer.outputs;
    product.bColumn = 1;
    product.c = to.dweight + (int64_t)part.member * layer.inputs * layer.outputs + part.begin;
    product.cRow = layer.outputs;
    product.mode = to.weight_mode;
    multiply(product, scratch);
  }
  if (to.dbias)
    sumRows(dz, layer.rows, layer.outputs, 0, part.count,
            to.dbias + (int64_t)part.member * layer.outputs + part.begin, to.bias_mode);
}

/// Adds up, in order, what `denseBackwardNorm` left in `sums` for each of `blocks` blocks of rows,
/// for some columns of a member.
static void denseBackwardScale(const kinglet_dense &layer, const kinglet_dense_gradients &to,
                               const Part &part, const float *sums, int blocks) {
  int64_t stride = 2 * layer.outputs, at = (int64_t)part.member * layer.outputs + part.begin;
  const float *first = sums + part.member * blocks * stride + part.begin;
  sumRows(first, blocks, stride, 0, part.count, to.dscale + at, to.norm_mode);
  sumRows(first + layer.outputs, blocks, stride, 0, part.count, to.doffset + at, to.norm_mode);
}
