/// The checksum of a model file and of a patch. Freestanding: microcontrollers use it too.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace runnel {

/// Eight interleaved polynomials over 64-bit words, modulo 2^64: each step h = h * p + word is a bijection of
/// the word, so that a change within one word is always seen. It guards against accidents, not against forgery.
/// The 8 bytes at `hole` are read as zero (pass `size` for none).
inline uint64_t checksum(const unsigned char* bytes, size_t size, size_t hole) {
    constexpr uint64_t p = 0x9E3779B97F4A7C15u;
    uint64_t lane[8];
    for (uint64_t i = 0; i < 8; ++i) lane[i] = size + i;
    const auto add = [&](const unsigned char* line) {
        for (size_t i = 0; i < 8; ++i) {
            uint64_t word;
            __builtin_memcpy(&word, line + 8 * i, 8);
            lane[i] = lane[i] * p + word;
        }
    };
    for (size_t at = 0; at < size; at += 64) {
        if (size - at >= 64 && (hole >= at + 64 || hole + 8 <= at)) {
            add(bytes + at);
            continue;
        }
        unsigned char line[64] = {};
        for (size_t i = at; i < at + 64 && i < size; ++i)
            if (i - hole >= 8) line[i - at] = bytes[i];
        add(line);
    }
    uint64_t h = size;
    for (uint64_t l : lane) {
        h = (h ^ l) * p;
        h ^= h >> 29;
    }
    return h;
}

}  // namespace runnel
