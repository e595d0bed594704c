// The kernels for any CPU, with vectors of 4 floats.
#include "variants.hpp"

#define LANES 4
#define TILE_ROWS 6

namespace kinglet {
namespace {
#include "vectors.hpp"

#include "product.hpp"

#include "layers.hpp"
}  // namespace

const Variant portable = {
    multiply,        multiplyScratch,  sumRows, rowMultiply,   tanhForward,
    tanhBackward,    normTanhForward,  normTanhBackward,       normal,
    squashForward,   squashBackward,   adamStep, adamPropose,  approach,
};
}  // namespace kinglet
