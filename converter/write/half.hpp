/// IEEE half precision.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace runnel::converter {

inline constexpr float largest_half = 65504;

/// The nearest half, ties to even, of a value that is at most `largest_half` in magnitude.
constexpr std::uint16_t to_half(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value), sign = bits >> 16 & 0x8000;
    const std::uint32_t magnitude = bits & 0x7fffffff;
    constexpr std::uint32_t least_normal = 113u << 23;  // 2^-14
    if (magnitude < least_normal) {
        // Added to 0.5, the value's last bit is that of a subnormal half, 2^-24; the addition rounds.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
        return static_cast<std::uint16_t>(sign |
                                          (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5f)));
    }
    const std::uint32_t odd = magnitude >> 13 & 1;
    return static_cast<std::uint16_t>(sign | ((magnitude - (112u << 23) + 0xfff + odd) >> 13));
}

inline std::vector<std::uint16_t> to_halves(const std::vector<float>& values) {
    std::vector<std::uint16_t> halves(values.size());
    std::transform(values.begin(), values.end(), halves.begin(), to_half);
    return halves;
}

}  // namespace runnel::converter
