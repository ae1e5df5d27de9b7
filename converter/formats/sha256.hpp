#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace runnel::converter {

/// SHA-256 as 64 lowercase hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace runnel::converter
