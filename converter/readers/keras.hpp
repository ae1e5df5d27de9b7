/// Keras models: .h5 and .hdf5 of Keras 2 and 3, .keras of Keras 3.
#pragma once
#include <cstdint>

#include "formats/file.hpp"
#include "graph/import.hpp"

namespace runnel::converter::keras {

/// Whether it is an HDF5 file or a zip archive, as Keras' are.
bool recognises(const Bytes& bytes);

/// Reads a model from the bytes of such a file. Throws Error if it is not Keras', is damaged, or cannot be expressed.
Import read_model(const Bytes& bytes);

/// A new model of the architecture that Keras' model.to_json() describes, initialised as it says; the same seed gives
/// the same weights.
Import new_model(const Bytes& bytes, std::uint64_t seed);

}  // namespace runnel::converter::keras
