// The patch: header, then entries, each followed by its numbers, all little-endian and at multiples of 4. Words are the
// first entry.
#include "base/checksum.hpp"
#include "base/sha256.hpp"
#include "layers.hpp"

namespace runnel::training {
namespace {

constexpr uint32_t magic = 0x504C4E52;  // "RNLP"
constexpr uint32_t version = 1;

struct Header {
    uint32_t magic, version;
    uint64_t checksum;  ///< base/checksum.hpp over the patch, these 8 bytes taken as zero
    uint8_t model[32];
    uint32_t bytes, entries, step, seed;
};
constexpr size_t checksum_at = 8;
static_assert(sizeof(Header) == 64);

/// Rows [first, first + count) of a tensor with its format; or `count` bytes of words, of tokens from `first` on.
struct Entry {
    uint32_t tensor, first, count;
    int16_t bits, magnitude;
};
constexpr uint32_t words_entry = 0xFFFFFFFF;  ///< in the place of the tensor

const State& state_of(const Trainer& t) { return static_cast<const State&>(t); }
State& state_of(Trainer& t) { return static_cast<State&>(t); }

size_t row_bytes(const Tensor& t) { return t.columns * (t.weights ? sizeof(int16_t) : sizeof(int32_t)); }
size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }
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
        const size_t row = row_bytes(t);
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

/// Bytes before the entries of tensors.
size_t tensors_at(const Words& words) {
    return sizeof(Header) + (words.bytes ? sizeof(Entry) + padded(words.bytes) : 0);
}

bool has_format(const Entry& e) { return is_format(e.bits) && e.magnitude >= 0 && e.magnitude <= weight_limit; }

/// Whether the entries of a whole patch fit the network.
bool fits(const State& s, const unsigned char* patch, size_t size, const PatchInfo& info) {
    size_t at = tensors_at(info.words);
    for (uint32_t i = info.words.bytes ? 1 : 0; i < info.entries; ++i) {
        Entry e;
        if (size - at < sizeof e) return false;
        __builtin_memcpy(&e, patch + at, sizeof e);
        at += sizeof e;
        if (e.tensor >= s.tensor_count) return false;
        const Tensor& t = s.tensors[e.tensor];
        if (e.count == 0 || e.count > t.rows || e.first > t.rows - e.count || (t.weights && !has_format(e)))
            return false;
        if (t.weights && e.bits != t.bits && e.count != t.rows) return false;
        const size_t bytes = padded(e.count * row_bytes(t));
        if (size - at < bytes) return false;
        at += bytes;
    }
    return at == size;
}

/// Calls f(entry, its numbers), which returns their bytes, for the tensors of a patch that fits.
template <class F> void for_entries(const void* patch, F f) {
    const auto* bytes = static_cast<const unsigned char*>(patch);
    Header header;
    __builtin_memcpy(&header, bytes, sizeof header);
    size_t at = sizeof header;
    for (uint32_t i = 0; i < header.entries; ++i) {
        Entry e;
        __builtin_memcpy(&e, bytes + at, sizeof e);
        at += sizeof e;
        at += padded(e.tensor == words_entry ? e.count : f(e, bytes + at));
    }
}

}  // namespace

void hash_model(const void* file, size_t size, uint8_t (&model)[32]) noexcept { sha256(file, size, model); }

Status read_patch(const void* patch, size_t size, PatchInfo& info) noexcept {
    info = {};
    const auto* bytes = static_cast<const unsigned char*>(patch);
    Header header;
    if (size < sizeof header) return Status::damaged_patch;
    __builtin_memcpy(&header, bytes, sizeof header);
    if (header.magic != magic || header.version != version || header.bytes != size ||
        checksum(bytes, size, checksum_at) != header.checksum)
        return Status::damaged_patch;
    Words words;
    Entry e;
    if (header.entries && size - sizeof header >= sizeof e) {
        __builtin_memcpy(&e, bytes + sizeof header, sizeof e);
        if (e.tensor == words_entry) {
            const size_t at = sizeof header + sizeof e;
            if (e.count == 0 || e.count > size - at || padded(e.count) > size - at || bytes[at + e.count - 1] != 0)
                return Status::damaged_patch;
            words = {e.first, e.count, reinterpret_cast<const char*>(bytes + at)};
        }
    }
    __builtin_memcpy(info.model, header.model, sizeof info.model);
    info.step = header.step;
    info.seed = header.seed;
    info.entries = header.entries;
    info.words = words;
    return Status::ok;
}

size_t Trainer::patch_bytes(const void* saved, const Words& words) const noexcept {
    size_t bytes = tensors_at(words);
    for_changes(state_of(*this), static_cast<const unsigned char*>(saved),
                [&](uint32_t, const Tensor& t, uint32_t, uint32_t count) {
                    bytes += sizeof(Entry) + padded(count * row_bytes(t));
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
    Header header = {magic, version, 0, {}, uint32_t(bytes), 0, s.update, s.seed};
    __builtin_memcpy(header.model, model, sizeof header.model);
    if (words.bytes) {
        const Entry e = {words_entry, words.first_token, words.bytes, 0, 0};
        __builtin_memcpy(patch + sizeof header, &e, sizeof e);
        __builtin_memcpy(patch + sizeof header + sizeof e, words.text, words.bytes);
        header.entries = 1;
    }
    size_t at = tensors_at(words);
    for_changes(s, static_cast<const unsigned char*>(saved),
                [&](uint32_t tensor, const Tensor& t, uint32_t first, uint32_t count) {
                    const Entry e = {tensor, first, count, int16_t(t.weights ? t.bits : fixed::bias_bits),
                                     int16_t(t.weights ? t.magnitude : 0)};
                    __builtin_memcpy(patch + at, &e, sizeof e);
                    at += sizeof e;
                    __builtin_memcpy(patch + at, numbers_of(t) + first * row_bytes(t), count * row_bytes(t));
                    at += padded(count * row_bytes(t));
                    ++header.entries;
                });
    __builtin_memcpy(patch, &header, sizeof header);
    header.checksum = checksum(patch, bytes, checksum_at);
    __builtin_memcpy(patch, &header, sizeof header);
    return Status::ok;
}

uint32_t Trainer::patched_rows(const void* patch, uint32_t tensor) const noexcept {
    const State& s = state_of(*this);
    uint32_t rows = 0;
    for_entries(patch, [&](const Entry& e, const unsigned char*) {
        if (e.tensor == tensor) rows += e.count;
        return e.count * row_bytes(s.tensors[e.tensor]);
    });
    return rows;
}

Status Trainer::apply_patch(const void* patch, size_t size, const uint8_t (&model)[32]) noexcept {
    State& s = state_of(*this);
    const auto* bytes = static_cast<const unsigned char*>(patch);
    PatchInfo info;
    if (const Status status = read_patch(patch, size, info); status != Status::ok) return status;
    if (__builtin_memcmp(info.model, model, sizeof info.model) != 0) return Status::foreign_patch;
    if (!fits(s, bytes, size, info)) return Status::damaged_patch;
    s.prepared = s.begun = false;
    for_entries(patch, [&](const Entry& e, const unsigned char* numbers) {
        Tensor& t = s.tensors[e.tensor];
        const size_t first = size_t(e.first) * t.columns, n = size_t(e.count) * t.columns;
        for (size_t i = first; i < first + n; ++i) {
            if (t.weights) {
                __builtin_memcpy(&t.weights[i], numbers, sizeof *t.weights);
                t.weights[i] = fixed::larger<int16_t>(t.weights[i], -32767);
                numbers += sizeof *t.weights;
            } else {
                __builtin_memcpy(&t.biases[i], numbers, sizeof *t.biases);
                t.biases[i] = fixed::clamp(t.biases[i], -fixed::number_limit, fixed::number_limit);
                numbers += sizeof *t.biases;
            }
        }
        return e.count * row_bytes(t);
    });
    uint32_t formatted = words_entry;
    for_entries(patch, [&](const Entry& e, const unsigned char*) {
        Tensor& t = s.tensors[e.tensor];
        if (t.weights && e.tensor != formatted) set_format(s, t, {e.bits, e.magnitude});
        formatted = e.tensor;
        return e.count * row_bytes(t);
    });
    s.update = info.step;
    return Status::ok;
}

}  // namespace runnel::training
