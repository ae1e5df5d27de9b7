/// What takes the 128 out again that some CPUs add to int8 inputs to make them unsigned.
#pragma once
#include "layer.hpp"

namespace runnel {

/// Whether a layer has offsets on instruction sets with unsigned inputs.
inline bool may_have_offsets(const Layer& layer) {
    return layer.kind != schema::Kind::Embedding && layer.format == Format::int8;
}

/// Numbers of room for a layer's offsets: of the input part and, if recurrent, of the state part of each row.
inline std::size_t offsets_size(const Layer& layer) {
    const std::size_t rows = padded_units(layer.outputs);
    return layer.kind == schema::Kind::Recurrent ? 2 * gates_of(layer.cell) * rows : rows;
}

namespace detail {

/// -128 times the sum of the `columns` codes of a row; `first`: its first group.
inline std::int32_t offset(const std::int8_t* first, std::size_t columns, std::size_t stride) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < columns; k += 4, first += stride) sum += first[0] + first[1] + first[2] + first[3];
    return -128 * sum;
}

/// The offsets of one matrix, whose gates are the terms from first_gate on.
inline void fill_offsets(const std::int8_t* weights, const Packing& p, std::size_t first_gate, std::size_t all_gates,
                         std::int32_t* offsets) {
    const std::size_t terms = p.recurrent ? 2 * all_gates : 1;
    for (std::size_t unit = 0; unit < p.units; ++unit)
        for (std::size_t gate = 0; gate < p.gates; ++gate) {
            const std::size_t stride = p.gates * block_width(p.units, unit) * p.group;
            const auto term = [&](std::size_t t) -> std::int32_t& {
                return offsets[bias_index(terms, p.units, t + first_gate + gate, unit)];
            };
            if (p.inputs) term(0) = offset(weights + p.input(gate, unit, 0), p.inputs, stride);
            if (p.recurrent) term(all_gates) = offset(weights + p.state(gate, unit, 0), p.recurrent, stride);
        }
}

}  // namespace detail

/// Fills the offsets of an int8 layer; those of padding stay as they are.
inline void fill_offsets(const Layer& layer, std::int32_t* offsets) {
    const auto* weights = static_cast<const std::int8_t*>(layer.weights);
    if (layer.kind != schema::Kind::Recurrent)
        return detail::fill_offsets(weights, {1, layer.outputs, layer.inputs, 0, 4}, 0, 1, offsets);
    const std::size_t gates = gates_of(layer.cell), together = layer.cell == Cell::gru_reset_before ? 2 : gates;
    const Packing first{together, layer.outputs, layer.inputs, layer.outputs, 4};
    detail::fill_offsets(weights, first, 0, gates, offsets);
    if (together < gates)
        detail::fill_offsets(weights + first.size(), {1, layer.outputs, layer.inputs, layer.outputs, 4}, together,
                             gates, offsets);
}

}  // namespace runnel
