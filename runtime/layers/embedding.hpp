/// Embedding: the row of a token.
#pragma once
#include "layer.hpp"

namespace runnel::embedding {

/// Numbers of room that a row needs.
constexpr std::size_t output_size(Format format, std::uint32_t width) { return format == Format::f32 ? 0 : width; }

/// From the token in.first < inputs to its row: `outputs` values, in place where they are floats, else in `room`.
inline void step(const Layer& layer, const Kernels& kernels, Input& in, float* room) {
    const std::uint32_t token = in.first;
    const auto* rows = static_cast<const unsigned char*>(layer.weights);
    const std::size_t first = std::size_t(token) * layer.outputs;
    const float* row = room;
    switch (layer.format) {
        case Format::f32: row = reinterpret_cast<const float*>(rows) + first; break;
        case Format::f16: kernels.expand(Format::f16, rows + 2 * first, nullptr, layer.outputs, room); break;
        case Format::int4:
            kernels.expand(Format::int4, rows + first / 2, layer.scales + first / 32, layer.outputs, room);
            break;
        default: kernels.expand(Format::int8, rows + first, layer.scales + token, layer.outputs, room);
    }
    in.set(row, layer.outputs);
    in.projected = layer.projected;
}

}  // namespace runnel::embedding
