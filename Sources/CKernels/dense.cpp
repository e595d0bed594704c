// The dense layer's C functions: which thread runs which part.
//
// What a part gives does not depend on the division, so neither does a result.
#include "context.hpp"

#include <numeric>

using namespace kinglet;

namespace {

/// Rows of a member whose contributions to dscale and doffset are added up apart.
const int rowBlock = 32;
/// A multiple of every variant's panel of columns.
const int columnBlock = 32;

int blocksOf(int count, int block) { return (count + block - 1) / block; }

/// A division of `count` rows or columns of each member into parts of whole blocks, as few as keep
/// every thread equally busy.
class Division {
public:
  Division(kinglet_context *context, int members, int count, int block)
      : count(count), block(block) {
    int blocks = blocksOf(count, block);
    int even = context->team.threads() / std::gcd(context->team.threads(), members);
    perMember = even < blocks ? even : blocks;
    chunks = members * perMember;
  }

  int chunks;

  Part part(int chunk) const {
    int index = chunk % perMember, blocks = blocksOf(count, block);
    int begin = blocks * index / perMember * block;
    int end = blocks * (index + 1) / perMember * block;
    return Part{chunk / perMember, begin, (end < count ? end : count) - begin};
  }

private:
  int count, block, perMember;
};

}  // namespace

void kinglet_dense_forward(kinglet_context *context, const kinglet_dense *layer) noexcept {
  const Variant &kernels = *context->variant;
  int64_t count = kernels.denseScratch(*layer);
  context->reserveScratch(count);
  Division rows(context, layer->members, layer->rows, rowBlock);
  context->team.run(rows.chunks, [&](int chunk, int thread) {
    Part part = rows.part(chunk);
    {
      Lap lap(context, kinglet_time_products, thread);
      kernels.denseForward(*layer, part, context->scratch(thread, count));
    }
    if (layer->normalised) {
      Lap lap(context, kinglet_time_normalisation, thread);
      kernels.denseForwardNorm(*layer, part);
    }
  });
}

void kinglet_dense_backward(kinglet_context *context, const kinglet_dense *layer,
                            const kinglet_dense_gradients *to) noexcept {
  const Variant &kernels = *context->variant;
  const bool isNormalised = layer->normalised != nullptr;
  const bool isInputShared = to->dx != nullptr && layer->x_is_shared && layer->members > 1;
  const bool isInputOwn = to->dx != nullptr && !isInputShared;
  const int blocks = blocksOf(layer->rows, rowBlock);
  int64_t count = kernels.denseScratch(*layer);
  context->reserveScratch(count);
  if (isNormalised) context->reserveShared((int64_t)layer->members * blocks * 2 * layer->outputs);
  float *sums = context->shared();
  if (isNormalised || isInputOwn) {
    Division rows(context, layer->members, layer->rows, rowBlock);
    context->team.run(rows.chunks, [&](int chunk, int thread) {
      Part part = rows.part(chunk);
      if (isNormalised) {
        Lap lap(context, kinglet_time_normalisation, thread);
        for (int begin = part.begin; begin < part.begin + part.count; begin += rowBlock) {
          int left = part.begin + part.count - begin;
          int64_t block = (int64_t)part.member * blocks + begin / rowBlock;
          kernels.denseBackwardNorm(
              *layer, *to, Part{part.member, begin, left < rowBlock ? left : rowBlock},
              sums + block * 2 * layer->outputs);
        }
      }
      if (isInputOwn) {
        Lap lap(context, kinglet_time_products, thread);
        kernels.denseBackwardInput(*layer, *to, part, to->x_mode, context->scratch(thread, count));
      }
    });
  }
  if (isInputShared) {
    Division rows(context, 1, layer->rows, rowBlock);
    context->team.run(rows.chunks, [&](int chunk, int thread) {
      Lap lap(context, kinglet_time_products, thread);
      Part part = rows.part(chunk);
      for (part.member = 0; part.member < layer->members; part.member++)
        kernels.denseBackwardInput(
            *layer, *to, part, part.member == 0 ? to->x_mode : (int)kinglet_accumulate,
            context->scratch(thread, count));
    });
  }
  if (to->dweight || to->dbias || to->dscale) {
    Division columns(context, layer->members, layer->outputs, columnBlock);
    context->team.run(columns.chunks, [&](int chunk, int thread) {
      Lap lap(context, kinglet_time_products, thread);
      Part part = columns.part(chunk);
      kernels.denseBackwardWeight(*layer, *to, part, context->scratch(thread, count));
      if (to->dscale) kernels.denseBackwardScale(*layer, *to, part, sums, blocks);
    });
  }
}
