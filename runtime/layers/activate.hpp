/// Activation as a layer of its own.
#pragma once
#include <cstring>

#include "layer.hpp"

namespace runnel::activate {

/// y = f(x); y needs room for `inputs` values. Returns y.
inline Input step(const Layer& layer, const Kernels& kernels, const Input& in, float* y) {
    std::memcpy(y, in.x, layer.inputs * sizeof(float));
    kernels.activate(layer.activation, y, layer.inputs);
    return {y, 0, layer.outputs};
}

}  // namespace runnel::activate
