/// A patch on the disk.
#pragma once
#include <span>
#include <string>

namespace runnel {

/// Where the patch that `path` held before is kept.
std::string previous_patch(const std::string& path);

/// Makes or replaces the patch `path`, keeping the one before. At every moment `path` holds the old or the new patch,
/// whole; once this returns the new one is on the disk. Throws std::runtime_error, `path` being as it was.
void write_patch_file(const std::string& path, std::span<const unsigned char> patch);

}  // namespace runnel
