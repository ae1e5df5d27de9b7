/// The list of readers: whoever wants a model asks here, not at a framework.
#pragma once
#include <cstdint>

#include "formats/file.hpp"
#include "graph/import.hpp"

namespace runnel::converter {

/// Reads a trained model from the bytes of its file, which is recognised by its content. Throws Error for what no
/// reader knows, is damaged, or cannot be expressed.
Import read_model(const Bytes& bytes);

/// The same from a file of weights alone and the architecture that they belong to, apart from them.
Import read_weights(const Bytes& bytes, const Bytes& architecture);

/// A new model of the architecture that the bytes describe, initialised as it says; the same seed gives the same
/// weights. Throws Error likewise.
Import new_model(const Bytes& bytes, std::uint64_t seed);

}  // namespace runnel::converter
