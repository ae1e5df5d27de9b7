/// The counter-based generator: a number is a function of (seed, step, stream, index) and of nothing else, so that
/// neither the order of work nor the width of a vector can change it.
#pragma once
#include <stdint.h>

namespace runnel::fixed {

/// What the numbers are drawn for. Streams of a tensor or layer i are `stream + 8 * i`.
enum class Stream : uint32_t { rounding = 1, moment_rounding = 2, input_dropout = 3, recurrent_dropout = 4 };

/// A bijection of 32 bits with good avalanche (the constants of "lowbias32", C. Wellons, Hash Prospector).
/// T: uint32_t or a vector of it.
template <class T> [[gnu::always_inline]] constexpr T mix(T x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

[[gnu::always_inline]] constexpr uint32_t random_key(uint32_t seed, uint32_t step, Stream stream, uint32_t object) {
    return mix(mix(mix(seed ^ 0x9e3779b9u) + step) + uint32_t(stream) + 8 * object);
}

/// 32 random bits for element `index`.
template <class T> [[gnu::always_inline]] constexpr T random_bits(uint32_t key, T index) {
    return mix(index * 0x9e3779b1u + key);
}

}  // namespace runnel::fixed
