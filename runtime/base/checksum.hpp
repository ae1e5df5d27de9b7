/// The checksum of a model file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace runnel {

/// Eight interleaved polynomials over 64-bit words, modulo 2^64: each step h = h * p + word is a bijection of
/// the word, so that a change within one word is always seen. It guards against accidents, not against forgery.
/// The 8 bytes at `hole` are read as zero (pass `size` for none).
inline std::uint64_t checksum(const unsigned char* bytes, std::size_t size, std::size_t hole) {
    constexpr std::uint64_t p = 0x9E3779B97F4A7C15u;
    std::uint64_t lane[8];
    for (std::uint64_t i = 0; i < 8; ++i) lane[i] = size + i;
    const auto add = [&](const unsigned char* line) {
        for (std::size_t i = 0; i < 8; ++i) {
            std::uint64_t word;
            std::memcpy(&word, line + 8 * i, 8);
            lane[i] = lane[i] * p + word;
        }
    };
    for (std::size_t at = 0; at < size; at += 64) {
        if (size - at >= 64 && (hole >= at + 64 || hole + 8 <= at)) {
            add(bytes + at);
            continue;
        }
        unsigned char line[64] = {};
        for (std::size_t i = at; i < at + 64 && i < size; ++i)
            if (i - hole >= 8) line[i - at] = bytes[i];
        add(line);
    }
    std::uint64_t h = size;
    for (std::uint64_t l : lane) {
        h = (h ^ l) * p;
        h ^= h >> 29;
    }
    return h;
}

}  // namespace runnel
