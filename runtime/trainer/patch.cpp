#include "fixed/patch.hpp"

#include "base/checksum.hpp"
#include "layers.hpp"

namespace runnel::training {
namespace {

using fixed::PatchEntry;
using fixed::PatchHeader;

const unsigned char* numbers_of(const Tensor& t) {
    return t.weights ? reinterpret_cast<const unsigned char*>(t.weights)
                     : reinterpret_cast<const unsigned char*>(t.biases);
}

/// Calls f(tensor, first row, rows) for all runs of rows that differ from those saved. A tensor whose format changed
/// differs as a whole.
template <class F> void for_changes(const State& s, const unsigned char* saved, F f) {
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        const Tensor& t = s.tensors[i];
        SavedHeader header;
        __builtin_memcpy(&header, saved, sizeof header);
        saved += sizeof header;
        const size_t row = t.row_bytes();
        const bool whole = t.weights && header.bits != t.bits;
        auto changed = [&](uint32_t r) {
            return whole || __builtin_memcmp(saved + r * row, numbers_of(t) + r * row, row) != 0;
        };
        for (uint32_t r = 0; r < t.rows; ++r) {
            if (!changed(r)) continue;
            const uint32_t first = r;
            while (r < t.rows && changed(r)) ++r;
            f(i, t, first, r - first);
        }
        saved += saved_number_bytes(t);
    }
}

}  // namespace

size_t Trainer::patch_bytes(const void* saved, const Words& words) const noexcept {
    size_t bytes = fixed::patch_tensors_at(words.bytes);
    for_changes(state_of(*this), static_cast<const unsigned char*>(saved),
                [&](uint32_t, const Tensor& t, uint32_t, uint32_t count) {
                    bytes += sizeof(PatchEntry) + fixed::patch_padded(count * t.row_bytes());
                });
    return bytes;
}

Status Trainer::write_patch(const void* saved, const uint8_t (&model)[32], void* to, size_t size,
                            const Words& words) const noexcept {
    const State& s = state_of(*this);
    const size_t bytes = patch_bytes(saved, words);
    if (size < bytes) return Status::block_too_small;
    auto* patch = static_cast<unsigned char*>(to);
    __builtin_memset(patch, 0, bytes);
    PatchHeader header = {fixed::patch_magic, fixed::patch_version, 0, {}, uint32_t(bytes), 0, s.update, s.seed};
    __builtin_memcpy(header.model, model, sizeof header.model);
    if (words.bytes) {
        const PatchEntry e = {fixed::words_entry, words.first_token, words.bytes, 0, 0};
        __builtin_memcpy(patch + sizeof header, &e, sizeof e);
        __builtin_memcpy(patch + sizeof header + sizeof e, words.text, words.bytes);
        header.entries = 1;
    }
    size_t at = fixed::patch_tensors_at(words.bytes);
    for_changes(s, static_cast<const unsigned char*>(saved),
                [&](uint32_t tensor, const Tensor& t, uint32_t first, uint32_t count) {
                    const PatchEntry e = {tensor, first, count, int16_t(t.weights ? t.bits : fixed::bias_bits),
                                          int16_t(t.weights ? t.magnitude : 0)};
                    __builtin_memcpy(patch + at, &e, sizeof e);
                    at += sizeof e;
                    __builtin_memcpy(patch + at, numbers_of(t) + first * t.row_bytes(), count * t.row_bytes());
                    at += fixed::patch_padded(count * t.row_bytes());
                    ++header.entries;
                });
    __builtin_memcpy(patch, &header, sizeof header);
    header.checksum = checksum(patch, bytes, fixed::patch_checksum_at);
    __builtin_memcpy(patch, &header, sizeof header);
    return Status::ok;
}

uint32_t Trainer::patched_rows(const void* patch, uint32_t tensor) const noexcept {
    const State& s = state_of(*this);
    uint32_t rows = 0;
    fixed::for_each_entry(
        patch, [&](uint32_t i) -> const fixed::TensorShape& { return s.tensors[i]; },
        [&](const PatchEntry& e, const unsigned char*) { rows += e.tensor == tensor ? e.count : 0; });
    return rows;
}

Status Trainer::apply_patch(const void* patch, size_t size, const uint8_t (&model)[32]) noexcept {
    State& s = state_of(*this);
    const auto shape = [&](uint32_t i) -> const fixed::TensorShape& { return s.tensors[i]; };
    PatchHeader header;
    PatchEntry words;
    if (!fixed::read_patch(patch, size, header, words)) return Status::damaged_patch;
    if (__builtin_memcmp(header.model, model, sizeof model) != 0) return Status::foreign_patch;
    if (!fixed::patch_fits(patch, size, header, words, s.tensor_count, shape)) return Status::damaged_patch;
    s.prepared = s.begun = false;
    fixed::for_each_entry(patch, shape, [&](const PatchEntry& e, const unsigned char* numbers) {
        Tensor& t = s.tensors[e.tensor];
        if (t.weights) fixed::write_rows(e, t, numbers, t.weights);
        else fixed::write_rows(e, t, numbers, t.biases);
    });
    uint32_t before = fixed::words_entry;
    fixed::for_each_entry(patch, shape, [&](const PatchEntry& e, const unsigned char*) {
        Tensor& t = s.tensors[e.tensor];
        if (t.weights && e.tensor != before) set_format(s, t, {e.bits, e.magnitude});
        before = e.tensor;
    });
    s.update = header.step;
    return Status::ok;
}

}  // namespace runnel::training
