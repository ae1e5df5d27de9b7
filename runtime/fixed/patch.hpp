/// Patches, read: header, then entries, each followed by its numbers, all little-endian and at multiples of 4. Words
/// are the first entry. (The trainer writes them.)
#pragma once
#include "network.hpp"

namespace runnel::fixed {

struct PatchHeader {
    uint32_t magic, version;
    uint64_t checksum;  ///< base/checksum.hpp over the patch, these 8 bytes taken as zero
    uint8_t model[32];  ///< SHA-256 of the model's file
    uint32_t bytes, entries, step, seed;
};
static_assert(sizeof(PatchHeader) == 64);
inline constexpr uint32_t patch_magic = 0x504C4E52;  // "RNLP"
inline constexpr uint32_t patch_version = 1;
inline constexpr size_t patch_checksum_at = 8;

/// Rows [first, first + count) of a tensor with its format; or `count` bytes of words, of tokens from `first` on.
struct PatchEntry {
    uint32_t tensor, first, count;
    int16_t bits, magnitude;
};
inline constexpr uint32_t words_entry = 0xFFFFFFFF;  ///< in the place of the tensor

constexpr size_t patch_padded(size_t bytes) { return (bytes + 3) / 4 * 4; }
/// Bytes before the entries of tensors, behind `words` bytes of words.
constexpr size_t patch_tensors_at(uint32_t words) {
    return sizeof(PatchHeader) + (words ? sizeof(PatchEntry) + patch_padded(words) : 0);
}

/// Reads a patch's header and its words' entry, whose count is 0 where there are none; false: it is not whole.
[[nodiscard]] bool read_patch(const void* patch, size_t size, PatchHeader& header, PatchEntry& words) noexcept;

/// Whether the entries of a whole patch fit a network of which shape(i) is the i-th of `count` tensors, and are in the
/// order of its rows, of which none comes twice.
template <class ShapeOf> [[nodiscard]] bool patch_fits(const void* patch, size_t size, const PatchHeader& header,
                                                       const PatchEntry& words, uint32_t count, ShapeOf shape) {
    const auto* bytes = static_cast<const unsigned char*>(patch);
    size_t at = patch_tensors_at(words.count);
    uint32_t tensor = 0, row = 0;  // the first that may come
    for (uint32_t i = words.count ? 1 : 0; i < header.entries; ++i) {
        PatchEntry e;
        if (size - at < sizeof e) return false;
        __builtin_memcpy(&e, bytes + at, sizeof e);
        at += sizeof e;
        if (e.tensor < tensor || e.tensor >= count || (e.tensor == tensor && e.first < row)) return false;
        const TensorShape& t = shape(e.tensor);
        if (e.count == 0 || e.count > t.rows || e.first > t.rows - e.count) return false;
        tensor = e.tensor, row = e.first + e.count;
        if (!t.holds_biases() && (!is_weight_format(e.bits) || e.magnitude < 0 || e.magnitude > weight_limit ||
                                  (e.bits != t.bits && e.count != t.rows)))
            return false;
        const size_t numbers = patch_padded(e.count * t.row_bytes());
        if (size - at < numbers) return false;
        at += numbers;
    }
    return at == size;
}

/// Calls f(entry, its numbers) for the tensors of a patch that fits.
template <class ShapeOf, class F> void for_each_entry(const void* patch, ShapeOf shape, F f) {
    const auto* bytes = static_cast<const unsigned char*>(patch);
    PatchHeader header;
    PatchEntry e;
    __builtin_memcpy(&header, bytes, sizeof header);
    size_t at = sizeof header;
    for (uint32_t i = 0; i < header.entries; ++i) {
        __builtin_memcpy(&e, bytes + at, sizeof e);
        at += sizeof e;
        if (e.tensor == words_entry) {
            at += patch_padded(e.count);
            continue;
        }
        f(e, bytes + at);
        at += patch_padded(e.count * shape(e.tensor).row_bytes());
    }
}

/// Puts an entry's numbers in their place in the tensor, within their range.
void write_rows(const PatchEntry& e, const TensorShape& t, const unsigned char* numbers, void* tensor) noexcept;

enum class PatchStatus : uint8_t { ok, damaged, foreign, block_too_small };

/// Bytes of the block that apply_patch needs for the tensors that the patch changes; a multiple of 64.
[[nodiscard]] PatchStatus patch_bytes(const Network& network, const void* patch, size_t size,
                                      const uint8_t (&model)[32], size_t& bytes) noexcept;

/// Makes the network what the patch was written of: the changed tensors are copied to `block`, which is kept with the
/// network, and changed there; all others are the file's again. Checks all of the patch before it changes anything.
[[nodiscard]] PatchStatus apply_patch(Network& network, const void* patch, size_t size, const uint8_t (&model)[32],
                                      void* block, size_t block_size) noexcept;

}  // namespace runnel::fixed
