/// What there is among some values, without any vectors but the compiler's own.
#pragma once
#include "kernels.hpp"

namespace runnel {
namespace {

/// The bits of the largest magnitude, as an integer: floats of one sign are ordered as their bits are, and infinity
/// and NaN are the largest.
inline std::int32_t largest_magnitude_bits(const float* x, std::size_t n) {
    std::int32_t top = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::int32_t bits = __builtin_bit_cast(std::int32_t, x[i]) & 0x7fffffff;
        top = bits > top ? bits : top;
    }
    return top;
}

inline float largest_magnitude(const float* x, std::size_t n) {
    return __builtin_bit_cast(float, largest_magnitude_bits(x, n));
}

inline bool all_finite(const float* x, std::size_t n) { return largest_magnitude_bits(x, n) < 0x7f800000; }

inline bool has_tiny(const float* x, std::size_t n) {
    constexpr std::int32_t least = __builtin_bit_cast(std::int32_t, tiny);
    std::int32_t found = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::int32_t bits = __builtin_bit_cast(std::int32_t, x[i]) & 0x7fffffff;
        found |= int(bits != 0) & int(bits < least);
    }
    return found != 0;
}

inline void drop_tiny(const float* x, std::size_t n, float* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = __builtin_fabsf(x[i]) < tiny ? 0.0f : x[i];
}

}  // namespace
}  // namespace runnel
