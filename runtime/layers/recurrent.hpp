/// SimpleRNN, GRU and LSTM. The state of the float formats is twice h, written in turn; of the integer formats h
/// and twice its codes; then LSTM's c.
#pragma once
#include "offsets.hpp"

namespace runnel::recurrent {

/// Numbers of state, padding included.
constexpr std::size_t state_size(Cell cell, Format format, std::uint32_t units) {
    const std::size_t padded = padded_units(units), codes = codes_size(format, padded) / sizeof(float);
    return padded + (is_integer(format) ? 2 * codes : padded) + (cell == Cell::lstm ? padded : 0);
}

/// Numbers of scratch that a step needs.
constexpr std::size_t scratch_size(Cell cell, Format format, std::uint32_t inputs, std::uint32_t units) {
    return (cell == Cell::gru_reset_before ? 3 * padded_units(units) : 0) +
           (is_integer(format) ? codes_size(format, inputs) / sizeof(float) + 4 : 0);
}

/// The h after an even (0) or odd (1) number of steps.
inline float* h(const Layer& layer, float* numbers, unsigned parity) {
    return numbers + layer.state + (is_integer(layer.format) ? 0 : parity * padded_units(layer.outputs));
}

/// The codes of h after an even or odd number of steps, integer formats.
inline void* codes(const Layer& layer, float* numbers, unsigned parity) {
    return numbers + layer.state + padded_units(layer.outputs) +
           parity * codes_size(layer.format, padded_units(layer.outputs)) / sizeof(float);
}

/// LSTM's c, else null.
inline float* c(const Layer& layer, float* numbers) {
    if (layer.cell != Cell::lstm) return nullptr;
    return numbers + layer.state + state_size(Cell::gru, layer.format, layer.outputs);
}

/// Makes the codes(parity) of h. Returns the value of a code where it is dynamic, else 1.
inline float encode_state(const Layer& layer, const Kernels& kernels, float* numbers, unsigned parity,
                          std::uint64_t& saturated) {
    return quantized(kernels, layer.format, h(layer, numbers, parity), layer.outputs, layer.state_scale,
                     codes(layer, numbers, parity), saturated).factor;
}

/// What a step of an integer format needs beyond that of a float one.
inline void add_codes(CellStep& s, const Layer& layer, const Kernels& kernels, const Input& in, float* numbers,
                      unsigned parity, float* scratch, std::uint64_t& saturated) {
    void* room = scratch + (layer.cell == Cell::gru_reset_before ? 3 * padded_units(layer.outputs) : 0);
    if (!in.projected) {
        const Codes x = as_codes(kernels, layer, in, room, saturated);
        s.x = x.values, s.first = x.first, s.columns = x.columns, s.x_factor = x.factor;
    }
    s.state = codes(layer, numbers, parity);
    if (layer.state_scale == 0) {  // the range follows from h itself, so that the state is h alone
        s.state_factor = encode_state(layer, kernels, numbers, parity, saturated);
        s.state_inverse = 1 / s.state_factor;
    } else {
        s.state_inverse = 1 / layer.state_scale;
        if (stays_within_one(layer.activation.function)) s.state_next = codes(layer, numbers, 1 - parity);
    }
}

/// Describes the step from h(parity) to h(1 - parity) to the kernels.
inline void prepare(CellStep& s, const Layer& layer, const Kernels& kernels, const Input& in, float* numbers,
                    unsigned parity, float* scratch, std::uint64_t& saturated) {
    // Assigned field by field: to initialize the whole, compilers clear it first.
    s.weights = layer.weights, s.scales = layer.scales, s.offsets = offsets_in(layer, numbers), s.bias = layer.bias;
    s.x = in.x, s.inputs = layer.inputs, s.first = in.first, s.columns = in.columns;
    s.projected = in.projected ? in.x : nullptr;
    s.x_factor = s.state_factor = s.state_inverse = 1;
    s.apart = layer.apart;
    s.units = layer.outputs;
    s.h = h(layer, numbers, parity), s.state = s.h, s.state_next = nullptr;
    s.h_next = h(layer, numbers, 1 - parity);
    s.c = c(layer, numbers), s.scratch = scratch;
    s.activation = layer.activation, s.recurrent_activation = layer.recurrent_activation;
    s.begin = 0;
    if (is_integer(layer.format)) add_codes(s, layer, kernels, in, numbers, parity, scratch, saturated);
}

/// What the kernels' step leaves to do: h(1 - parity) replaces the input.
inline void finish(const CellStep& s, const Layer& layer, const Kernels& kernels, Input& in, float* numbers,
                   unsigned parity, std::uint64_t& saturated) {
    in.set(s.h_next, layer.outputs);
    if (is_integer(layer.format) && layer.state_scale != 0) {
        if (!s.state_next) encode_state(layer, kernels, numbers, 1 - parity, saturated);
        in.codes = codes(layer, numbers, 1 - parity), in.format = layer.format, in.scale = layer.state_scale;
    }
}

/// One step from h(parity) to h(1 - parity), which replaces the input.
inline void step(const Layer& layer, const Kernels& kernels, Input& in, float* numbers, unsigned parity, float* scratch,
                 std::uint64_t& saturated) {
    CellStep s;
    prepare(s, layer, kernels, in, numbers, parity, scratch, saturated);
    kernels.cells[int(layer.format)].step[int(layer.cell)](s);
    finish(s, layer, kernels, in, numbers, parity, saturated);
}

}  // namespace runnel::recurrent
