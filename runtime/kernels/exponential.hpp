/// The exponential and what is made of it, to 4 units in the last place over all floats, subnormal results included
/// (where the CPU has them: the vectors of ARMv7 do not), and to the same bits on every CPU.
#pragma once
#include "isa.hpp"

namespace runnel {
namespace {

/// a[0] + a[1] x + a[2] x^2 + ..., each operation rounded by itself.
template <std::size_t n, class V> [[gnu::always_inline]] inline V horner(const float (&a)[n], V x) {
    V y(a[n - 1]);
    for (std::size_t i = n - 1; i-- > 0;) y = y * x + V(a[i]);
    return y;
}

/// exp(x + rest), for |rest| far below 1. With x = n ln 2 + r: 2^n exp(r), exp(r) by its series (r^8 / 8! < 6e-9). ln 2
/// is taken in two parts, of which n times the first is exact; 2^n in two, so that it may be subnormal.
template <class V> [[gnu::always_inline]] inline V exp_of(V x, V rest = V(0.0f)) {
    constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f, log2_e = 1.44269504f;
    constexpr float rounding = 12582912.0f;  // 1.5 * 2^23: a sum with it has no fraction
    constexpr float series[] = {1 / 2.0f, 1 / 6.0f, 1 / 24.0f, 1 / 120.0f, 1 / 720.0f, 1 / 5040.0f};
    // Beyond these it is 0 and infinity. The operands' order lets NaN pass: x86's min and max return the second one.
    x = min(V(89.0f), max(V(-104.0f), x));
    const V n = (x * V(log2_e) + V(rounding)) - V(rounding);
    const V r = (x - n * V(ln2_high)) - n * V(ln2_low) + rest;
    const V y = V(1.0f) + (r + r * r * horner(series, r));
    const V half = (n * V(0.5f) + V(rounding)) - V(rounding);
    return ldexp(V(1.0f), to_int(half)) * y * ldexp(V(1.0f), to_int(n - half));
}

/// log(1 + y) for 0 <= y <= 1: 2 artanh(t / 2) by its series, with t = 2 y / (2 + y) <= 2/3 ((t/2)^18 / 19 < 2e-10).
/// t is normal where y is.
template <class V> [[gnu::always_inline]] inline V log1p_of(V y) {
    constexpr float series[] = {1.0f,
                                1 / (3 * 4.0f),
                                1 / (5 * 16.0f),
                                1 / (7 * 64.0f),
                                1 / (9 * 256.0f),
                                1 / (11 * 1024.0f),
                                1 / (13 * 4096.0f),
                                1 / (15 * 16384.0f),
                                1 / (17 * 65536.0f)};
    const V t = divide(y + y, V(2.0f) + y);
    return t * horner(series, t * t);
}

/// 1 / (1 + exp(-x)), from the exponential that cannot overflow.
template <class V> [[gnu::always_inline]] inline V exact_sigmoid(V x) {
    const V e = exp_of(-abs(x)), one(1.0f);
    return divide(select(x < V(0.0f), e, one), one + e);
}

/// log(1 + exp(x))
template <class V> [[gnu::always_inline]] inline V softplus_of(V x) {
    return max(V(0.0f), x) + log1p_of(exp_of(-abs(x)));
}

/// exp(x - top), as exact as if the difference were.
template <class V> [[gnu::always_inline]] inline V exp_of_difference(V x, V top) {
    const V d = x - top, subtracted = x - d;
    const V lost = (x - (d + subtracted)) + (subtracted - top);  // by rounding (Knuth's two-sum)
    return exp_of(d, select(d < V(-104.0f), V(0.0f), lost));
}

}  // namespace
}  // namespace runnel
