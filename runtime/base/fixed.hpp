/// Fixed point: the one definition of rounding, saturation and block floating point.
///
/// A number with f fraction bits is an integer n that means n / 2^f. The functions are templates: T is an integer
/// or a vector of integers (kernels/fixed_vector.hpp), so that a scalar and a vector path cannot differ. All are
/// inlined always, so that an object of one instruction set never borrows another's copy.
/// Only freestanding C headers are included: this file also serves microcontrollers.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace runnel::fixed {

/// Fraction bits of pre-activations, where a layer's numbers are not too large for them, and of the LSTM's cell state.
inline constexpr int preactivation_bits = 20;
/// Fraction bits of gates and of the states of tanh cells ("Q15").
inline constexpr int unit_bits = 15;
inline constexpr int32_t unit = 1 << unit_bits;
/// Fraction bits that biases have more than pre-activations, and the LSTM's cell state more than the state.
inline constexpr int bias_bits_more = 6, cell_bits_more = 5;
/// Fraction bits of biases, mean gradients and momenta, and their largest magnitude: 16, so that differences fit int32.
inline constexpr int bias_bits = 26;
inline constexpr int32_t number_limit = (1 << 30) - 1;
/// Bound on each of the two parts (input, recurrent) of a pre-activation: +-512.
inline constexpr int32_t part_limit = 1 << 29;
/// Bound on a row's sum of weight magnitudes: times an int16 it stays below 2^31, with room for rounding.
inline constexpr int32_t row_sum_limit = 64000;
/// Mantissa bits of errors: a pair of products with an int16 stays within 2^30.
inline constexpr int error_bits = 14;

/// x / 2^shift to the nearest integer, halves upwards. 0 <= shift <= 30, |x| <= 2^31 - 2^(shift-1) - 1.
template <class T> [[gnu::always_inline]] constexpr T round_shift(T x, int shift) {
    return (x + ((1 << shift) >> 1)) >> shift;
}

/// The same for 64 bits. 0 <= shift; a shift of 63 and more gives 0 where |x| < 2^62.
[[gnu::always_inline]] constexpr int64_t round_shift_wide(int64_t x, int shift) {
    return shift > 62 ? 0 : (x + ((int64_t(1) << shift) >> 1)) >> shift;
}

/// T, where the other argument decides what T is (int32_t is not int on every machine).
template <class T> struct SameType { using type = T; };
template <class T> using Same = typename SameType<T>::type;

template <class T> [[gnu::always_inline]] constexpr T smaller(T a, Same<T> b) { return a < b ? a : b; }
template <class T> [[gnu::always_inline]] constexpr T larger(T a, Same<T> b) { return a > b ? a : b; }
template <class T> [[gnu::always_inline]] constexpr T clamp(T x, Same<T> low, Same<T> high) {
    return smaller<T>(larger<T>(x, low), high);
}
template <class T> [[gnu::always_inline]] constexpr T magnitude(T x) {
    const T sign = x >> 31;
    return (x ^ sign) - sign;
}

[[gnu::always_inline]] constexpr int32_t saturate32(int64_t x) {
    return int32_t(clamp<int64_t>(x, -INT32_MAX, INT32_MAX));
}

/// x * 2^-shift in 64 bits for a shift of either sign, saturated to +-(2^31 - 1).
[[gnu::always_inline]] constexpr int32_t rescale(int64_t x, int shift) {
    if (shift >= 0) return saturate32(round_shift_wide(x, shift));
    if (x == 0) return 0;
    if (shift < -31) return x < 0 ? -INT32_MAX : INT32_MAX;
    const int64_t limit = int64_t(INT32_MAX) >> -shift;
    return int32_t(clamp<int64_t>(x, -limit, limit) * (int64_t(1) << -shift));
}

/// Number of bits of x: 0 for 0, else 1 + floor(log2(x)).
[[gnu::always_inline]] constexpr int bit_length(uint32_t x) { return x ? 32 - __builtin_clz(x) : 0; }
[[gnu::always_inline]] constexpr int bit_length_wide(uint64_t x) {
    const uint32_t high = uint32_t(x >> 32);
    return high ? 32 + bit_length(high) : bit_length(uint32_t(x));
}

/// Block floating point: a block of int32 becomes int16 mantissas of `mantissa_bits` bits that share one exponent.
/// `bits` is the or of x ^ (x >> 31) over the block. The result is the right shift (negative: left) to apply.
[[gnu::always_inline]] constexpr int block_shift(uint32_t bits, int mantissa_bits) {
    return bit_length(bits) - mantissa_bits;
}

/// Fraction bits of a block of zeros: smaller than everything else.
inline constexpr int zero_block = 100;

}  // namespace runnel::fixed
