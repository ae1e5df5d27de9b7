/// Activation as a layer of its own.
#pragma once
#include <cstring>

#include "layer.hpp"

namespace runnel::activate {

/// Numbers of room that y needs.
constexpr std::size_t output_size(std::uint32_t inputs) { return padded_to(inputs, block_units); }

/// Replaces the input by y = f(x).
inline void step(const Layer& layer, const Kernels& kernels, Input& in, float* y) {
    std::memcpy(y, in.x, layer.inputs * sizeof(float));
    kernels.activate(layer.activation, y, layer.inputs);
    in.set(y, layer.outputs);
}

}  // namespace runnel::activate
