/// Whole files as bytes.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace runnel::converter {

using Bytes = std::vector<std::byte>;

/// Largest source file: 2 GiB.
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 31;

/// Reads a regular file. Throws Error if it cannot be read or is larger than `max_file_bytes`.
Bytes read_file(const std::filesystem::path& path);

/// The lines of a text file without the byte order mark before them and without their ends ("\n" or "\r\n"). The last
/// line need not be ended. Throws Error as `read_file` does, and for a NUL byte, which no text holds.
std::vector<std::string> read_lines(const std::filesystem::path& path);

}  // namespace runnel::converter
