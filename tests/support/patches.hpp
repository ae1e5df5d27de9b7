/// Patches that are made to fit.
#pragma once
#include <cstdint>
#include <cstring>

#include "base/checksum.hpp"

namespace runnel::test {

/// Gives what begins like a patch the length, the model's hash and the checksum that fit (runtime/trainer/patch.cpp).
inline void seal_patch(unsigned char* patch, std::size_t size, const std::uint8_t (&model)[32]) {
    constexpr std::size_t checksum_at = 8, model_at = 16, bytes_at = 48, header = 64;
    if (size < header) return;
    const auto bytes = static_cast<std::uint32_t>(size);
    std::memcpy(patch + model_at, model, sizeof model);
    std::memcpy(patch + bytes_at, &bytes, sizeof bytes);
    const std::uint64_t sum = checksum(patch, size, checksum_at);
    std::memcpy(patch + checksum_at, &sum, sizeof sum);
}

}  // namespace runnel::test
