/// Layers of the formats fixed and fixed8 as tables of the file.
#pragma once
#include <utility>

#include "graph/stored.hpp"

namespace runnel::converter {

constexpr std::size_t alignment = 64;  ///< of all arrays in the file, in bytes

inline schema::Activation to_schema(const Activation& activation) {
    return {activation.alpha, static_cast<schema::Function>(activation.function)};
}

/// A kind of layer in the file: its type in the union and its offset.
using PackedKind = std::pair<schema::Kind, flatbuffers::Offset<void>>;

/// The layer is an Embedding, a Recurrent or a Dense.
PackedKind add_fixed(flatbuffers::FlatBufferBuilder& builder, const Layer& layer, schema::Format format,
                     const FixedNumbers& numbers);

}  // namespace runnel::converter
