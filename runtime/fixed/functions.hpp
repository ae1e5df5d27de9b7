/// Functions over arrays of pre-activations of any format.
#pragma once
#include "base/fixed.hpp"
#include "kernels/fixed_kernels.hpp"

namespace runnel::fixed {

/// f of n numbers with `bits` fraction bits, -10 to 20, in place. Functions that stay within 1 (stays_within_one) give
/// unit_bits, the others keep their bits. Any function of fixed::has_function but softmax.
void apply(const Kernels& kernels, Function f, int32_t* a, int n, int bits);

/// n numbers with `bits` as states with `to_bits`, saturating at int16; returns how many did.
uint32_t to_states(const int32_t* a, int16_t* to, int n, int bits, int to_bits);

/// y = f(a): from `bits` to y_bits (of a function that stays within 1: unit_bits), saturating at int16 and counting.
void activate(const Kernels& kernels, const Activate& request, int bits);

/// A pre-activation with `bits` fraction bits, -10 to 20, with preactivation_bits; beyond their range its end.
inline int32_t preactivation_of(int32_t a, int bits) {
    const int shift = preactivation_bits - bits;
    return clamp<int32_t>(a, -(INT32_MAX >> shift), INT32_MAX >> shift) * (1 << shift);
}

/// Keras 3's relu6(x + 3) / 6, with 20 fraction bits.
inline int32_t hard_sigmoid_keras3_of(int32_t a) {
    constexpr int32_t top = 1 << preactivation_bits;
    return int32_t(clamp<int64_t>((int64_t(a) + 3 * top) / 6, 0, top));
}

/// x sigmoid(x), in the format of x.
int32_t silu_of(int32_t a, int bits);

}  // namespace runnel::fixed
