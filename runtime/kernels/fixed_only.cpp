// In the place of instance.cpp, for a firmware whose models are all fixed: a table without float kernels, which bring
// XSIMD, the C library's mathematics and hundreds of kilobytes along. Model::load refuses every other model.
#include "kernels.hpp"

namespace runnel {
namespace {

bool all_finite(const float* x, std::size_t n) {
    bool finite = true;
    for (std::size_t i = 0; i < n; ++i) finite &= x[i] - x[i] == 0;
    return finite;
}

}  // namespace

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
    .largest_magnitude = nullptr,
    .expand = nullptr,
    .all_finite = all_finite,
};

}  // namespace runnel
