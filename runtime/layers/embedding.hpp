/// Embedding: the row of a token.
#pragma once
#include "layer.hpp"

namespace runnel::embedding {

/// Numbers of room that a row needs.
constexpr std::size_t output_size(Format format, std::uint32_t width) { return format == Format::f32 ? 0 : width; }

/// `outputs` values, in place where they are floats, else in `room`. token < inputs.
inline const float* row(const Layer& layer, const Kernels& kernels, std::uint32_t token, float* room) {
    const auto* rows = static_cast<const unsigned char*>(layer.weights);
    const std::size_t first = std::size_t(token) * layer.outputs;
    switch (layer.format) {
        case Format::f32: return reinterpret_cast<const float*>(rows) + first;
        case Format::f16: kernels.expand(Format::f16, rows + 2 * first, nullptr, layer.outputs, room); break;
        case Format::int4:
            kernels.expand(Format::int4, rows + first / 2, layer.scales + first / 32, layer.outputs, room);
            break;
        default: kernels.expand(Format::int8, rows + first, layer.scales + token, layer.outputs, room);
    }
    return room;
}

}  // namespace runnel::embedding
