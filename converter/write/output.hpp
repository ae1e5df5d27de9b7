/// Writing a file whole or not at all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace runnel::converter {

/// Replaces or makes the file `path`. The bytes are written beside it, synced, renamed over it, and the folder is
/// synced; on failure (Error) nothing is left behind and an existing file is as it was. A `path` that exists must
/// be a regular file or a symbolic link to one, which is followed.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

/// The bytes as a header for C11 and C++11: an array `<stem>` at a multiple of 64 bytes and its size
/// `<stem>_size`. `file_name`: the header's name, from which the identifiers are made; `comment`: one line.
std::string c_array(const std::string& file_name, const std::string& comment, std::span<const std::uint8_t> bytes);

}  // namespace runnel::converter
