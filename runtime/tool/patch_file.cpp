#include "patch_file.hpp"

#include <filesystem>

#include "common/file.hpp"

namespace runnel {

std::string previous_patch(const std::string& path) { return path + ".previous"; }

void write_patch_file(const std::string& path, std::span<const unsigned char> patch) {
    NewFile file(path);
    file.write(patch.data(), patch.size());
    file.sync();  // a disk too full for the patch shows here, before anything is replaced
    if (std::error_code none; std::filesystem::exists(path, none)) {
        // A copy: not every file system has hard links, and `path` must never be missing.
        const FileBytes old(path);
        write_whole(previous_patch(path), old.bytes());
    }
    file.commit();
}

}  // namespace runnel
