/// Dense: y = activation(W x + b).
#pragma once
#include "base/packing.hpp"
#include "layer.hpp"

namespace runnel::dense {

/// Numbers of room that y needs.
constexpr std::size_t output_size(std::uint32_t units) { return padded_units(units); }

/// Returns y.
inline const float* step(const Layer& layer, const Kernels& kernels, Input in, float* y) {
    kernels.dense[int(layer.format)]({.weights = layer.weights, .bias = layer.bias, .x = in.x, .inputs = layer.inputs,
                                      .first = in.first, .columns = in.columns, .units = layer.outputs, .y = y});
    kernels.activate(layer.activation, y, layer.outputs);
    return y;
}

}  // namespace runnel::dense
