/// The optimizers: SGD with momentum, RMSprop, Adam, with Keras' formulas but for epsilon, which is added under the
/// root: ratio = g / sqrt(v + epsilon^2). 32-bit integers throughout.
///
/// The second moment v >= 0 is kept as a minifloat of 16 bits: 6 of exponent, 10 of mantissa and a hidden one, in units
/// of 2^-52 (a squared gradient with 26 fraction bits), rounded to nearest by RMSprop and stochastically by Adam, whose
/// changes may be below a unit. Code (x << 10) + m stands for m * 2^x:
/// a code below 2048 is its own value.
#pragma once
#include "base/fixed_random.hpp"
#include "base/fixed_tables.hpp"
#include "fixed_vector.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

/// Number of bits of x >= 0.
template <int N> RUNNEL_INLINE Ints<N> lengths(Ints<N> x) {
    if constexpr (N == 1) return fixed::bit_length(uint32_t(x));
#if defined(__AVX512CD__)
    else if constexpr (N == 16) return 32 - (Ints<16>)_mm512_lzcnt_epi32((__m512i)x);
#endif
    else {
        Ints<N> length = {}, rest = x;
        for (int step = 16; step >= 1; step /= 2) {
            const Ints<N> large = mask_of<N>(rest >= (1 << step));
            length += large & step;
            rest = (large & (rest >> step)) | (~large & rest);
        }
        return length + rest;
    }
}

/// x >> s lane by lane, 0 <= s; x >= 0.
template <int N> RUNNEL_INLINE Ints<N> right(Ints<N> x, Ints<N> s) { return x >> fixed::smaller(s, broadcast<N>(31)); }

/// A non-negative number mantissa * 2^exponent, 0 <= mantissa < 2^31.
template <int N> struct Scaled { Ints<N> mantissa, exponent; };

/// Their sum; both mantissas below 2^30.
template <int N> RUNNEL_INLINE Scaled<N> add(Scaled<N> a, Scaled<N> b) {
    const Ints<N> exponent = fixed::larger(a.exponent, b.exponent);
    return {right<N>(a.mantissa, exponent - a.exponent) + right<N>(b.mantissa, exponent - b.exponent), exponent};
}

/// x^2 for |x| < 2^31 with 15 or 16 bits of mantissa.
template <int N> RUNNEL_INLINE Scaled<N> square(Ints<N> x) {
    const Ints<N> size = fixed::magnitude(x), length = lengths<N>(size);
    const Ints<N> m = (size << (31 - length)) >> 16;
    return {(m * m) >> 14, 2 * length - 16};
}

/// mantissa * factor / 2^16 for a 16-bit mantissa and factor; below 2^30 with an exponent 14 lower.
template <int N> RUNNEL_INLINE Scaled<N> scale(Scaled<N> a, int32_t factor) {
    return {shift_right_logical<N>(a.mantissa * factor, 2), a.exponent - 14};
}

template <int N> RUNNEL_INLINE Scaled<N> unpack_moment(Ints<N> code) {
    const Ints<N> exponent = fixed::larger((code >> 10) - 1, Ints<N>{});
    return {code - (exponent << 10), exponent};
}

/// `share` of a unit is added before what is left is cut off: 30 bits, 2^29 for the nearest. A mantissa of less than 11
/// bits has an exponent <= 0.
template <int N> RUNNEL_INLINE Ints<N> pack_moment(Scaled<N> v, Ints<N> share) {
    const Ints<N> shift = fixed::larger(lengths<N>(v.mantissa) - 11, -v.exponent);
    const Ints<N> down = fixed::smaller(shift, broadcast<N>(30));
    const Ints<N> m = (v.mantissa + (share >> (30 - down))) >> down;
    return fixed::smaller(((v.exponent + shift) << 10) + m, broadcast<N>(65535));
}

/// g / sqrt(v) with 12 fraction bits, within +-8; 0 where g = 0.
template <int N> RUNNEL_INLINE Ints<N> ratio(Ints<N> g, Scaled<N> v) {
    // v = m * 2^(2 half), m in [2^14, 2^16)
    const Ints<N> length = lengths<N>(v.mantissa), exponent = v.exponent + length - 16, odd = exponent & 1;
    const Ints<N> m = (v.mantissa << (31 - length)) >> (15 + odd), half = (exponent + odd) >> 1;
    const Words<N> entry = lookup<N>(fixed::rsqrt_table.entry, fixed::larger((m >> 7) - 128, Ints<N>{}));
    const Ints<N> fall = fixed::round_shift((Ints<N>)(entry & 0xffff) * (m & 127), 7);
    const Ints<N> root = (Ints<N>)(entry >> 16) - fall;  // 2^23 / sqrt(m)
    const Ints<N> size = fixed::magnitude(g), narrow = fixed::larger(lengths<N>(size) - 15, Ints<N>{});
    const Ints<N> product = right<N>(size, narrow) * (root >> 1);  // < 2^30
    // size / sqrt(v) = product * 2^(narrow + 1 - 23 - half)
    const Ints<N> shift = 23 - 1 - 12 + half - narrow;
    const Ints<N> rounded = (right<N>(product, fixed::larger(shift - 1, Ints<N>{})) + 1) >> 1;
    const Ints<N> limit = broadcast<N>(32767);
    const Ints<N> y = mask_of<N>(shift >= 1) & fixed::smaller(rounded, limit);
    const Ints<N> large = ~mask_of<N>(shift >= 1) & mask_of<N>(size > 0) & limit;
    const Ints<N> sign = g >> 31;
    return ((y | large) ^ sign) - sign;
}

/// a * factor / 2^16 for a 31-bit a and a factor below 2^15.
template <int N> RUNNEL_INLINE Ints<N> high_product(Ints<N> a, int32_t factor) {
    return (a >> 16) * factor + shift_right_logical<N>((a & 0xffff) * factor, 16);
}
/// a * factor / 2^15, likewise.
template <int N> RUNNEL_INLINE Ints<N> unit_product(Ints<N> a, int32_t factor) {
    return (a >> 15) * factor + fixed::round_shift((a & 0x7fff) * factor, 15);
}

/// x * 2^-shift, either sign, within +-limit; |x| < 2^31 - 1.
template <int N> RUNNEL_INLINE Ints<N> bounded_shift(Ints<N> x, int shift, int32_t limit) {
    if (shift >= 31) return Ints<N>{};
    if (shift > 0) return fixed::clamp(((x >> (shift - 1)) + 1) >> 1, broadcast<N>(-limit), broadcast<N>(limit));
    const int up = shift < -30 ? 30 : -shift;
    const int32_t near = limit >> up;
    return fixed::clamp(x, broadcast<N>(-near), broadcast<N>(near)) << up;
}

/// f(), whose lanes are 0 where x is 0: a single number that is 0 spares the work.
template <int N, class F> RUNNEL_INLINE Ints<N> unless_zero(Ints<N> x, F f) {
    if constexpr (N == 1) return x == 0 ? 0 : f();
    else return f();
}

template <int N, fixed::Rule R, int M>
RUNNEL_INLINE void update_chunk(const fixed::Update& p, int i, Largest<N>& largest, Saturations<N>& saturations) {
    constexpr int32_t limit = fixed::number_limit;  // of gradients, momenta, steps and biases: differences fit int32
    const Words<M> index = (Words<M>)(p.index + uint32_t(i) + [] {
        Words<M> numbers = {};
        if constexpr (M > 1)
            for (int l = 0; l < M; ++l) numbers[l] = uint32_t(l);
        return numbers;
    }());
    const Ints<M> mean = high_product<M>(load32<M>(p.gradient + i), p.gradient_factor);  // |mean| <= 2^29
    Ints<M> g = bounded_shift<M>(mean, p.gradient_shift, limit);
    g = fixed::clamp(g, broadcast<M>(-p.clip), broadcast<M>(p.clip));

    Ints<M> step;  // in 2^-16 of a weight
    if constexpr (R == fixed::Rule::sgd) {
        if (p.momentum) {
            const Ints<M> velocity = unit_product<M>(load32<M>(p.momentum + i), p.momentum_factor) + g;
            g = fixed::clamp(velocity, broadcast<M>(-limit), broadcast<M>(limit));
            saturations.template add<M>(velocity, g);
            store(p.momentum + i, g);
        }
        step = bounded_shift<M>(high_product<M>(g, p.rate), p.rate_shift, limit);
    } else {
        Shorts<M> stored;
        __builtin_memcpy(&stored, p.moment + i, sizeof stored);
        Ints<M> code;
        if constexpr (M == 1) code = uint16_t(stored);
        else code = __builtin_convertvector(stored, Ints<M>) & 0xffff;
        const Scaled<M> old = unpack_moment<M>(code);
        const Scaled<M> kept = {old.mantissa * (65536 - p.moment_factor), old.exponent - 16};
        const Scaled<M> v = add<M>({kept.mantissa << 2, kept.exponent - 2}, scale<M>(square<M>(g), p.moment_factor));
        Ints<M> share = broadcast<M>(1 << 29);
        if constexpr (R == fixed::Rule::adam)
            share = shift_right_logical<M>((Ints<M>)fixed::random_bits(p.moment_key, index), 2);
        const Ints<M> packed = pack_moment<M>(v, share);
        store16<M>(reinterpret_cast<int16_t*>(p.moment) + i, packed);
        if constexpr (R == fixed::Rule::adam) {
            const Ints<M> old_mean = load32<M>(p.momentum + i);
            g = old_mean + unit_product<M>(g - old_mean, fixed::unit - p.momentum_factor);
            store(p.momentum + i, g);
        }
        step = unless_zero<M>(
            g, [&]() __attribute__((always_inline)) {
                const Scaled<M> damped =
                    add<M>(v, {broadcast<M>(p.epsilon_mantissa), broadcast<M>(p.epsilon_exponent)});
                return bounded_shift<M>(ratio<M>(g, damped) * p.rate, p.rate_shift, limit);
            });
    }

    if (p.weights) {
        const Ints<M> change = unless_zero<M>(
            step, [&]() __attribute__((always_inline)) {
                const Ints<M> noise = shift_right_logical<M>((Ints<M>)fixed::random_bits(p.rounding_key, index), 16);
                return (noise - step) >> 16;
            });
        const Ints<M> w = load16<M>(p.weights + i) + change;
        const Ints<M> inside = fixed::clamp(w, broadcast<M>(-32767), broadcast<M>(32767));
        saturations.template add<M>(w, inside);
        largest.template add<M>(fixed::magnitude(inside));
        store16<M>(p.weights + i, inside);
    } else {
        const Ints<M> b = load32<M>(p.biases + i) - step;
        const Ints<M> inside = fixed::clamp(b, broadcast<M>(-limit), broadcast<M>(limit));
        saturations.template add<M>(b, inside);
        store(p.biases + i, inside);
    }
}

template <int N, fixed::Rule R> void update_as(const fixed::Update& request) {
    const fixed::Update p = request;  // which no store can change
    Largest<N> largest;
    Saturations<N> saturations;
    for_chunks<N>(
        p.n, [&](auto width, int i) __attribute__((always_inline)) {
            update_chunk<N, R, decltype(width)::lanes>(p, i, largest, saturations);
        });
    *p.largest = fixed::larger(*p.largest, largest.all());
    *p.saturated += saturations.count();
}

template <int N> void update(const fixed::Update& p) {
    switch (p.rule) {
    case fixed::Rule::sgd:
        return update_as<N, fixed::Rule::sgd>(p);
    case fixed::Rule::rmsprop:
        return update_as<N, fixed::Rule::rmsprop>(p);
    case fixed::Rule::adam:
        return update_as<N, fixed::Rule::adam>(p);
    }
}

}  // namespace
}  // namespace runnel
