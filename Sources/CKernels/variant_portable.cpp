// The kernels for any CPU, with vectors of 4 floats.
#include "variants.hpp"

#define LANES 4
#define TILE_ROWS 6

namespace kinglet {
namespace {
#include "vectors.hpp"

#include "product.hpp"

#include "layers.hpp"

#include "normalisation.hpp"

#include "dense.hpp"
}  // namespace

const Variant portable = {
    denseScratch,       denseForward,        denseForwardNorm,   denseBackwardNorm,
    denseBackwardInput, denseBackwardWeight, denseBackwardScale, rowMultiply,
    tanhForward,        tanhBackward,        normTanhForward,    normal,
    squashForward,      squashBackward,      adamStep,           adamPropose,
    approach,           multiplyAdds,        operationsPerRound,
};
}  // namespace kinglet
