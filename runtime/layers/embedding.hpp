/// Embedding: the row of a token.
#pragma once
#include "layer.hpp"

namespace runnel::embedding {

/// Whether the next layer reads the rows as they are. (Groups of int4 need not begin where a block does.)
inline bool is_read_in_place(const Layer& l) {
    return l.format == Format::f32 || (l.projected && l.format != Format::int4);
}

/// Numbers of room that a row needs.
inline std::size_t output_size(const Layer& layer) { return is_read_in_place(layer) ? 0 : layer.outputs; }

/// From the token in.first < inputs to its row: `outputs` values, in place where possible, else in `room`.
inline void step(const Layer& layer, const Kernels& kernels, Input& in, float* room) {
    const std::size_t bits = layer.format == Format::int4 ? 4 : 8 * weight_size(layer.format);
    const std::size_t first = std::size_t(in.first) * layer.outputs;
    const auto* row = static_cast<const unsigned char*>(layer.weights) + first * bits / 8;
    const std::size_t group = layer.format == Format::int8 ? in.first : first / 32;
    const float* scales = layer.scales ? layer.scales + group : nullptr;
    if (is_read_in_place(layer)) {
        in.set(reinterpret_cast<const float*>(row), layer.outputs);
        if (layer.projected) in.projected = {row, layer.format, scales ? *scales : 1};
    } else {
        kernels.expand(layer.format, row, scales, layer.outputs, room);
        in.set(room, layer.outputs);
        if (layer.projected) in.projected = {room, Format::f32, 1};
    }
}

}  // namespace runnel::embedding
