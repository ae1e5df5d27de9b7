/// Dense: y = activation(W x + b).
#pragma once
#include "offsets.hpp"

namespace runnel::dense {

/// Numbers of room that y needs.
constexpr std::size_t output_size(std::uint32_t units) { return padded_to(units, block_units); }

/// Numbers of scratch that a step needs.
constexpr std::size_t scratch_size(Format format, std::uint32_t inputs) {
    return is_integer(format) ? codes_size(format, inputs) / sizeof(float) + 4 : 0;
}

/// Replaces the input by y.
inline void step(const Layer& layer, const Kernels& kernels, Input& in, float* numbers, float* y, float* scratch,
                 std::uint64_t& saturated) {
    DenseStep s{.weights = layer.weights,
                .scales = layer.scales,
                .offsets = offsets_in(layer, numbers),
                .bias = layer.bias,
                .x = in.x,
                .inputs = layer.inputs,
                .first = in.first,
                .columns = in.columns,
                .x_factor = 1,
                .units = layer.outputs,
                .y = y};
    if (is_integer(layer.format)) {
        const Codes x = as_codes(kernels, layer, in, scratch, saturated);
        s.x = x.values, s.first = x.first, s.columns = x.columns, s.x_factor = x.factor;
    }
    kernels.dense[int(layer.format)](s);
    // Roundings that differ would become codes that differ, where another layer follows.
    (is_integer(layer.format) ? kernels.activate_reproducibly : kernels.activate)(layer.activation, y, layer.outputs);
    in.set(y, layer.outputs);
}

}  // namespace runnel::dense
