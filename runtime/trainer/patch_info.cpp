// What a patch says of itself, for those who have no network.
#include "base/sha256.hpp"
#include "fixed/patch.hpp"
#include "runnel/trainer.hpp"

namespace runnel::training {

void hash_model(const void* file, size_t size, uint8_t (&model)[32]) noexcept { sha256(file, size, model); }

Status read_patch(const void* patch, size_t size, PatchInfo& info) noexcept {
    info = {};
    fixed::PatchHeader header;
    fixed::PatchEntry words;
    if (!fixed::read_patch(patch, size, header, words)) return Status::damaged_patch;
    __builtin_memcpy(info.model, header.model, sizeof info.model);
    info.step = header.step;
    info.seed = header.seed;
    info.entries = header.entries;
    if (words.count)
        info.words = {words.first, words.count, static_cast<const char*>(patch) + sizeof header + sizeof words};
    return Status::ok;
}

}  // namespace runnel::training
