/// A file as C source.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace runnel::converter {

/// The bytes of a model that loads, at a multiple of 64, as a header for C11 and C++11: an array `<stem>` at a multiple
/// of 64 bytes, and as constants `<stem>_...` its size, what the model takes and gives, and how large blocks for it must
/// be on any machine. `file_name`: the header's name, from which the identifiers are made; `comment`: one line.
std::string c_array(const std::string& file_name, const std::string& comment, std::span<const std::uint8_t> bytes);

}  // namespace runnel::converter
