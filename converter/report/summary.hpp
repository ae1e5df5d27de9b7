/// The converter's report to the person who ran it.
#pragma once
#include <cstddef>
#include <string>

#include "graph/import.hpp"
#include "graph/stored.hpp"

namespace runnel::converter {

/// The model's layers as a table like that of Keras' model.summary(), with the total, and below it what was written:
/// the output's bytes, and those of weights in it.
std::string summary(const Import& model, const std::string& output, std::size_t file_bytes, std::size_t weight_bytes);

/// Which numbers each layer got, and which ranges, one line per layer; empty where all are floats of 32 bits.
std::string numbers_text(const StoredGraph& stored);

}  // namespace runnel::converter
