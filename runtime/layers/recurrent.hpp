/// SimpleRNN, GRU and LSTM: the state is twice h, written in turn, and c for LSTM.
#pragma once
#include "base/packing.hpp"
#include "layer.hpp"

namespace runnel::recurrent {

/// Numbers of state, padding included.
constexpr std::size_t state_size(Cell cell, std::uint32_t units) {
    return padded_units(units) * (cell == Cell::lstm ? 3 : 2);
}

/// Numbers of scratch that a step needs.
constexpr std::size_t scratch_size(Cell cell, std::uint32_t units) {
    return cell == Cell::gru_reset_before ? padded_units(units) : 0;
}

/// The h after an even (0) or odd (1) number of steps.
inline float* h(const Layer& layer, float* numbers, unsigned parity) {
    return numbers + layer.state + parity * padded_units(layer.outputs);
}

/// LSTM's c, else null.
inline float* c(const Layer& layer, float* numbers) {
    return layer.cell == Cell::lstm ? numbers + layer.state + 2 * padded_units(layer.outputs) : nullptr;
}

/// One step from h(parity) to h(1 - parity), which is returned.
inline const float* step(const Layer& layer, const Kernels& kernels, Input in, float* numbers, unsigned parity,
                         float* scratch) {
    float* next = h(layer, numbers, 1 - parity);
    kernels.cell[int(layer.format)][int(layer.cell)]({
        .weights = layer.weights, .bias = layer.bias, .x = in.x, .inputs = layer.inputs, .first = in.first,
        .columns = in.columns, .units = layer.outputs, .h = h(layer, numbers, parity), .h_next = next,
        .c = c(layer, numbers), .scratch = scratch, .activation = layer.activation,
        .recurrent_activation = layer.recurrent_activation,
    });
    return next;
}

}  // namespace runnel::recurrent
