/// Sigmoid and tanh in integers, and the factors of their derivatives.
#pragma once
#include "base/fixed_tables.hpp"
#include "fixed_vector.hpp"

namespace runnel {
namespace {

/// tanh of a magnitude with `index_bits` + 6 fraction bits by linear interpolation; 16 fraction bits, <= 65535.
template <int N> RUNNEL_INLINE Ints<N> tanh_of_magnitude(Ints<N> x, int index_bits) {
    const Words<N> entry = lookup<N>(fixed::tanh_table.entry, x >> index_bits);
    const Ints<N> rise = (Ints<N>)(entry & 0xffff) * (x & ((1 << index_bits) - 1));
    return (Ints<N>)(entry >> 16) + fixed::round_shift(rise, index_bits);
}

/// 20 fraction bits to 15; |x| < 2^31. The error is below 2^-15 (tests/runtime/base/fixed_functions_test.cpp).
template <int N> RUNNEL_INLINE Ints<N> fixed_tanh(Ints<N> x) {
    const Ints<N> sign = x >> 31;
    const Ints<N> size = fixed::smaller(fixed::magnitude(x), broadcast<N>((8 << 20) - 1));
    const Ints<N> y = fixed::smaller((tanh_of_magnitude<N>(size, 14) + 1) >> 1, broadcast<N>(32767));
    return (y ^ sign) - sign;
}

/// (1 + tanh(x / 2)) / 2: 20 fraction bits to 15, in [0, 32767].
template <int N> RUNNEL_INLINE Ints<N> fixed_sigmoid(Ints<N> x) {
    const Ints<N> sign = x >> 31;
    const Ints<N> size = fixed::smaller(fixed::magnitude(x), broadcast<N>((16 << 20) - 1));
    const Ints<N> half = (tanh_of_magnitude<N>(size, 15) ^ sign) - sign;
    return fixed::smaller((half + (65536 + 2)) >> 2, broadcast<N>(32767));
}

/// Keras 2's clip(0.2 x + 0.5, 0, 1); 0.2 as 13107 / 2^16.
template <int N> RUNNEL_INLINE Ints<N> fixed_hard_sigmoid(Ints<N> x) {
    const Ints<N> near = fixed::round_shift(fixed::clamp(x, broadcast<N>(-(5 << 19)), broadcast<N>(5 << 19)), 5);
    return fixed::clamp(fixed::round_shift(near * 13107, 16) + 16384, broadcast<N>(0), broadcast<N>(32767));
}

/// s (1 - s) of a sigmoid's output s with 15 fraction bits; 17 fraction bits, <= 2^15.
template <int N> RUNNEL_INLINE Ints<N> sigmoid_slope(Ints<N> s) { return (s * (fixed::unit - s)) >> 13; }
/// 1 - t^2 of a tanh's output; 15 fraction bits, <= 2^15.
template <int N> RUNNEL_INLINE Ints<N> tanh_slope(Ints<N> t) { return ((1 << 30) - t * t) >> 15; }

/// The gates' activation: the function and its slope (17 fraction bits) from its output.
struct Sigmoid {
    template <int N> RUNNEL_INLINE static Ints<N> value(Ints<N> x) { return fixed_sigmoid<N>(x); }
    template <int N> RUNNEL_INLINE static Ints<N> slope(Ints<N> s) { return sigmoid_slope<N>(s); }
};
struct HardSigmoid {
    template <int N> RUNNEL_INLINE static Ints<N> value(Ints<N> x) { return fixed_hard_sigmoid<N>(x); }
    template <int N> RUNNEL_INLINE static Ints<N> slope(Ints<N> s) {
        return mask_of<N>(s > 0) & mask_of<N>(s < 32767) & broadcast<N>(26214);
    }
};

}  // namespace
}  // namespace runnel
