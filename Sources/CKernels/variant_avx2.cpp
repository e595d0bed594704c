// The kernels for CPUs with avx2,fma.
#include "variants.hpp"

#if defined(__x86_64__)

#define LANES 8
#define TILE_ROWS 6

#pragma clang attribute push( \
    __attribute__((target("avx2,fma"))), apply_to = function)
namespace kinglet {
namespace {
#include "vectors.hpp"

#include "product.hpp"

#include "layers.hpp"

#include "normalisation.hpp"

#include "dense.hpp"
}  // namespace

const Variant avx2 = {
    denseScratch,       denseForward,        denseForwardNorm,   denseBackwardNorm,
    denseBackwardInput, denseBackwardWeight, denseBackwardScale, rowMultiply,
    tanhForward,        tanhBackward,        normTanhForward,    normal,
    squashForward,      squashBackward,      adamStep,           adamPropose,
    approach,           multiplyAdds,        operationsPerRound,
};
}  // namespace kinglet
#pragma clang attribute pop
#endif
