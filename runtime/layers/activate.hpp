/// Activation as a layer of its own.
#pragma once
#include <cstring>

#include "layer.hpp"

namespace runnel::activate {

/// y = f(x); y may be x. Returns y, which needs room for `inputs` values.
inline const float* step(const Layer& layer, const Kernels& kernels, const float* x, float* y) {
    if (x != y) std::memcpy(y, x, layer.inputs * sizeof(float));
    kernels.activate(layer.activation, y, layer.inputs);
    return y;
}

}  // namespace runnel::activate
