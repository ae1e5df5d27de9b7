/// SimpleRNN, GRU and LSTM. The state of the float formats is twice h, written in turn; of the integer formats h
/// and twice its codes; then LSTM's c.
#pragma once
#include <initializer_list>

#include "offsets.hpp"

namespace runnel::recurrent {

/// Numbers of state, padding included.
constexpr std::size_t state_size(Cell cell, Format format, std::uint32_t units) {
    const std::size_t padded = padded_units(units), codes = codes_size(format, padded) / sizeof(float);
    return padded + (is_integer(format) ? 2 * codes : padded) + (cell == Cell::lstm ? padded : 0);
}

/// The parts of a layer's scratch, and where the last one ends.
struct Scratch {
    std::size_t codes;   ///< of x; before them the kernels' own scratch
    std::size_t scales;  ///< those of the rows times the factors of this step, where these are dynamic
    std::size_t size;

    explicit Scratch(const Layer& l)
        : codes(l.cell == Cell::gru_reset_before ? 3 * padded_units(l.outputs) : 0),
          scales(codes + (is_integer(l.format) ? codes_size(l.format, l.inputs) / sizeof(float) + 4 : 0)),
          size(scales + (is_dynamic(l) ? 2 * gates_of(l.cell) * padded_units(l.outputs) : 0)) {}

private:
    static bool is_dynamic(const Layer& l) {
        return is_integer(l.format) && (l.input_scale == 0 || l.state_scale == 0);
    }
};

/// The scales of the input and the state part, each times its factor: `room`, which is filled, or the layer's own.
inline const float* scales_with(const Layer& layer, float x_factor, float state_factor, float* room) {
    if (x_factor == 1 && state_factor == 1) return layer.scales;
    const std::size_t gates = gates_of(layer.cell), padded = padded_units(layer.outputs);
    const float* from = layer.scales;
    float* to = room;
    for (std::size_t unit = 0; unit < padded; unit += block_width(padded, unit))
        for (const float factor : {x_factor, state_factor})
            for (std::size_t i = gates * block_width(padded, unit); i-- > 0;) *to++ = *from++ * factor;
    return room;
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
    const Scratch parts(layer);
    float x_factor = 1, state_factor = 1;
    if (!in.projected.values) {
        const Codes x = as_codes(kernels, layer, in, scratch + parts.codes, saturated);
        s.x = x.values, s.first = x.first, s.columns = x.columns, x_factor = x.factor;
    }
    s.state = codes(layer, numbers, parity);
    if (layer.state_scale == 0) {  // the range follows from h itself, so that the state is h alone
        state_factor = encode_state(layer, kernels, numbers, parity, saturated);
        s.state_inverse = 1 / state_factor;
    } else {
        s.state_inverse = 1 / layer.state_scale;
        if (stays_within_one(layer.activation.function)) s.state_next = codes(layer, numbers, 1 - parity);
    }
    s.scales = scales_with(layer, x_factor, state_factor, scratch + parts.scales);
}

/// Describes the step from h(parity) to h(1 - parity) to the kernels.
inline void prepare(CellStep& s, const Layer& layer, const Kernels& kernels, const Input& in, float* numbers,
                    unsigned parity, float* scratch, std::uint64_t& saturated) {
    // Assigned field by field: to initialize the whole, compilers clear it first.
    s.weights = layer.weights, s.scales = layer.scales, s.offsets = offsets_in(layer, numbers), s.bias = layer.bias;
    s.x = in.x, s.inputs = layer.inputs, s.first = in.first, s.columns = in.columns;
    s.projected = in.projected;
    s.state_inverse = 1;
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
