#include "patch.hpp"

#include "base/checksum.hpp"

namespace runnel::fixed {
namespace {

size_t own_bytes(const Tensor& t) { return (t.rows * t.row_bytes() + 63) / 64 * 64; }

/// Checks all but what fits the block; `own`: bytes of all tensors that the patch changes.
PatchStatus check(const Network& network, const void* patch, size_t size, const uint8_t (&model)[32], size_t& own) {
    PatchHeader header;
    PatchEntry words;
    if (!read_patch(patch, size, header, words)) return PatchStatus::damaged;
    if (__builtin_memcmp(header.model, model, sizeof model) != 0 || !network.takes_patches())
        return PatchStatus::foreign;
    TensorShape shape = {};
    uint32_t last = words_entry;
    own = 0;
    const bool fits = patch_fits(patch, size, header, words, network.tensors(), [&](uint32_t i) -> const TensorShape& {
        if (i == last) return shape;
        const Tensor& t = network.tensor(i);
        shape = t;
        shape.bits = t.trained_bits;
        own += own_bytes(t);
        last = i;
        return shape;
    });
    return fits ? PatchStatus::ok : PatchStatus::damaged;
}

/// The tensor's weights are to have the entry's format: on their grid, and with sums that fit.
void set_format(Tensor& t, const PatchEntry& e) {
    auto* weights = static_cast<int16_t*>(t.own);
    int32_t largest = e.magnitude;
    t.bits = int8_t(e.bits);
    static_cast<void>(halve_until(weights, t.size(), largest, t.bits, [&] {
        if (t.narrow) to_grid(t, weights, weights, t.size(), largest);
        return !t.by_rows || sums_fit(weights, t, t.by_columns);
    }));
}

}  // namespace

bool read_patch(const void* patch, size_t size, PatchHeader& header, PatchEntry& words) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(patch);
    words = {};
    if (size < sizeof header) return false;
    __builtin_memcpy(&header, bytes, sizeof header);
    if (header.magic != patch_magic || header.version != patch_version || header.bytes != size ||
        checksum(bytes, size, patch_checksum_at) != header.checksum)
        return false;
    PatchEntry first;
    if (!header.entries || size - sizeof header < sizeof first) return true;
    __builtin_memcpy(&first, bytes + sizeof header, sizeof first);
    if (first.tensor != words_entry) return true;
    const size_t at = sizeof header + sizeof first;
    if (first.count == 0 || first.count > size - at || patch_padded(first.count) > size - at ||
        bytes[at + first.count - 1] != 0)
        return false;
    words = first;
    return true;
}

void write_rows(const PatchEntry& e, const TensorShape& t, const unsigned char* numbers, void* tensor) noexcept {
    const size_t first = size_t(e.first) * t.columns, n = size_t(e.count) * t.columns;
    if (t.holds_biases()) {
        auto* to = static_cast<int32_t*>(tensor) + first;
        __builtin_memcpy(to, numbers, n * sizeof *to);
        for (size_t i = 0; i < n; ++i) to[i] = clamp(to[i], -number_limit, number_limit);
    } else {
        auto* to = static_cast<int16_t*>(tensor) + first;
        __builtin_memcpy(to, numbers, n * sizeof *to);
        for (size_t i = 0; i < n; ++i) to[i] = larger<int16_t>(to[i], -INT16_MAX);
    }
}

PatchStatus patch_bytes(const Network& network, const void* patch, size_t size, const uint8_t (&model)[32],
                        size_t& bytes) noexcept {
    bytes = 0;
    return check(network, patch, size, model, bytes);
}

PatchStatus apply_patch(Network& network, const void* patch, size_t size, const uint8_t (&model)[32], void* block,
                        size_t block_size) noexcept {
    size_t needed;
    if (const PatchStatus status = check(network, patch, size, model, needed); status != PatchStatus::ok) return status;
    if (needed > block_size || (needed && !block)) return PatchStatus::block_too_small;
    for (uint32_t i = 0; i < network.tensors(); ++i) network.tensor(i).own = nullptr;
    auto* next = static_cast<unsigned char*>(block);
    const auto shape = [&](uint32_t i) -> const TensorShape& { return network.tensor(i); };
    for_each_entry(patch, shape, [&](const PatchEntry& e, const unsigned char* numbers) {
        Tensor& t = network.tensor(e.tensor);
        if (!t.own) {
            t.copy_to(next);
            t.own = next;
            next += own_bytes(t);
        }
        write_rows(e, t, numbers, t.own);
    });
    uint32_t before = words_entry;
    for_each_entry(patch, shape, [&](const PatchEntry& e, const unsigned char*) {
        Tensor& t = network.tensor(e.tensor);
        if (!t.holds_biases() && e.tensor != before) set_format(t, e);
        before = e.tensor;
    });
    network.prepare();
    return PatchStatus::ok;
}

}  // namespace runnel::fixed
