// In the place of instance.cpp, for a firmware whose models are all fixed: a table without float kernels, which bring
// XSIMD, the C library's mathematics and hundreds of kilobytes along. Model::load refuses every other model.
#include "inspect.hpp"

namespace runnel {
extern const Kernels kernels_scalar;
const Kernels kernels_scalar = {
    .name = "scalar",
    .unsigned_inputs = false,
    .cells = {},
    .dense = {},
    .activate = nullptr,
    .activate_reproducibly = nullptr,
    .quantize_int8 = nullptr,
    .quantize_int16 = nullptr,
    .largest_magnitude = largest_magnitude,
    .expand = nullptr,
    .all_finite = all_finite,
    .has_tiny = has_tiny,
    .drop_tiny = drop_tiny,
};

}  // namespace runnel
