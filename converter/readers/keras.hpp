/// Keras models: .h5, .hdf5 and .keras of Keras 2 and 3, with their weights or apart from them.
#pragma once
#include <cstdint>

#include "formats/file.hpp"
#include "graph/import.hpp"

namespace runnel::converter::keras {

/// Whether it is an HDF5 file or a zip archive, as Keras' are.
bool recognises(const Bytes& bytes);

/// Reads a model from the bytes of such a file. Throws Error if it is not Keras', is damaged, or cannot be expressed.
Import read_model(const Bytes& bytes);

/// Reads a model from the bytes of a file with its weights alone, and what model.to_json() gives.
Import read_weights(const Bytes& bytes, const Bytes& architecture);

/// A new model of the architecture that Keras' model.to_json() describes, initialised as it says; the same seed gives
/// the same weights.
Import new_model(const Bytes& bytes, std::uint64_t seed);

}  // namespace runnel::converter::keras
