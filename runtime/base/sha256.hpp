/// SHA-256 (FIPS 180-4). Freestanding: it ties a patch to its model, also on microcontrollers.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace runnel {
namespace sha256_parts {

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
inline constexpr uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

inline uint32_t rotated(uint32_t x, int by) { return x >> by | x << (32 - by); }

/// Section 6.2.2, with the message schedule in a ring of 16 words.
inline void add_block(uint32_t (&hash)[8], const unsigned char* block) {
    uint32_t w[16], v[8];
    for (int i = 0; i < 16; ++i)
        w[i] = uint32_t(block[4 * i]) << 24 | uint32_t(block[4 * i + 1]) << 16 | uint32_t(block[4 * i + 2]) << 8 |
               block[4 * i + 3];
    for (int i = 0; i < 8; ++i) v[i] = hash[i];
    for (int t = 0; t < 64; ++t) {
        uint32_t& next = w[t & 15];
        if (t >= 16) {
            const uint32_t early = w[(t + 1) & 15], late = w[(t + 14) & 15];
            next += (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3) + w[(t + 9) & 15] +
                    (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10);
        }
        const uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]),
                       majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        const uint32_t first =
            v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) + choice + constants[t] + next;
        const uint32_t second = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) + majority;
        for (int i = 7; i > 0; --i) v[i] = v[i - 1];
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < 8; ++i) hash[i] += v[i];
}

}  // namespace sha256_parts

inline void sha256(const void* message, size_t size, uint8_t (&digest)[32]) {
    uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const auto* bytes = static_cast<const unsigned char*>(message);
    size_t at = 0;
    for (; size - at >= 64; at += 64) sha256_parts::add_block(hash, bytes + at);
    unsigned char last[128] = {};
    const size_t rest = size - at, padded = rest < 56 ? 64 : 128;
    for (size_t i = 0; i < rest; ++i) last[i] = bytes[at + i];
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; ++i) last[padded - 1 - i] = static_cast<unsigned char>(uint64_t(size) * 8 >> 8 * i);
    for (size_t i = 0; i < padded; i += 64) sha256_parts::add_block(hash, last + i);
    for (size_t i = 0; i < 32; ++i) digest[i] = uint8_t(hash[i / 4] >> (24 - 8 * (i % 4)));
}

}  // namespace runnel
