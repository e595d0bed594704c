// The kernels for CPUs with avx512f,avx512bw,avx512dq,avx512vl,avx2,fma.
#include "variants.hpp"

#if defined(__x86_64__)

#define LANES 16
#define TILE_ROWS 12

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
namespace kinglet {
namespace {
#include "vectors.hpp"

#include "product.hpp"

#include "layers.hpp"

#include "normalisation.hpp"

#include "dense.hpp"
}  // namespace

const Variant avx512 = {
    denseScratch,       denseForward,        denseForwardNorm,   denseBackwardNorm,
    denseBackwardInput, denseBackwardWeight, denseBackwardScale, rowMultiply,
    tanhForward,        tanhBackward,        normTanhForward,    normal,
    squashForward,      squashBackward,      adamStep,           adamPropose,
    approach,           multiplyAdds,        operationsPerRound,
};
}  // namespace kinglet
#pragma clang attribute pop
#endif
