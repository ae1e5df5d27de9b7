/// The converter's report to the person who ran it.
#pragma once
#include <cstddef>
#include <string>

#include "readers/keras.hpp"

namespace runnel::converter {

/// "8,633"
std::string grouped(std::uint64_t n);

/// The table of Keras' model.summary() with its total, and below it what was written: the output's bytes, and those
/// of weights in it.
std::string summary(const keras::Import& model, const std::string& output, std::size_t file_bytes,
                    std::size_t weight_bytes);

}  // namespace runnel::converter
