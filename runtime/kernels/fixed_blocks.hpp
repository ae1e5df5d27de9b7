/// Blocks of errors and activations over flat arrays.
#pragma once
#include "fixed_functions.hpp"
#include "fixed_kernels.hpp"

namespace runnel {
namespace {

template <int N> uint32_t used_bits(const int32_t* x, int n) {
    UsedBits<N> bits;
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            bits.template add<M>(load32<M>(x + i));
        });
    return bits.all();
}

template <int N> void block(const int32_t* x, int16_t* y, int n, int shift) {
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            const Ints<M> v = load32<M>(x + i);
            store16<M>(y + i,
                       shift >= 0 ? fixed::smaller(fixed::round_shift(v, shift), broadcast<M>(32767)) : v << -shift);
        });
}

template <int N> void carry(const fixed::Carry& c) {
    for_chunks<N>(
        c.n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            store(c.to + i, fixed::round_shift(load16<M>(c.d + i) * load16<M>(c.gate + i), c.shift));
        });
}

/// One function of `Function` as a compile-time choice: f(value, slope from the output with 15 fraction bits).
template <fixed::Function F, int M> struct FixedFunction {
    /// 15 fraction bits; relu and linear: preactivation_bits.
    RUNNEL_INLINE static Ints<M> value(Ints<M> a) {
        using enum fixed::Function;
        if constexpr (F == tanh) return fixed_tanh<M>(a);
        else if constexpr (F == sigmoid) return fixed_sigmoid<M>(a);
        else if constexpr (F == hard_sigmoid) return fixed_hard_sigmoid<M>(a);
        else if constexpr (F == relu) return fixed::larger(a, Ints<M>{});
        else return a;
    }
    RUNNEL_INLINE static Ints<M> slope(Ints<M> y) {
        using enum fixed::Function;
        if constexpr (F == tanh) return tanh_slope<M>(y);
        else if constexpr (F == sigmoid) return sigmoid_slope<M>(y) >> 2;
        else if constexpr (F == hard_sigmoid) return HardSigmoid::slope<M>(y) >> 2;
        else if constexpr (F == relu) return mask_of<M>(y > 0) & broadcast<M>(fixed::unit);
        else return broadcast<M>(fixed::unit);
    }
};

/// Calls body with the tag of the function chosen at run time.
template <fixed::Function F> struct FunctionTag { static constexpr fixed::Function function = F; };
template <class Body> RUNNEL_INLINE void with_function(fixed::Function f, Body body) {
    using enum fixed::Function;
    switch (f) {
    case linear:
        return body(FunctionTag<linear>{});
    case tanh:
        return body(FunctionTag<tanh>{});
    case sigmoid:
        return body(FunctionTag<sigmoid>{});
    case relu:
        return body(FunctionTag<relu>{});
    case hard_sigmoid:
        return body(FunctionTag<hard_sigmoid>{});
    }
}

template <int N> void activate_fixed(const fixed::Activate& request) {
    const auto p = request;
    using enum fixed::Function;
    Saturations<N> saturations;
    with_function(p.function, [&](auto tag) {
        constexpr fixed::Function F = decltype(tag)::function;
        for_chunks<N>(
            p.n, [&](auto width, int i) __attribute__((always_inline)) {
                constexpr int M = decltype(width)::lanes;
                Ints<M> y = FixedFunction<F, M>::value(load32<M>(p.a + i));
                if constexpr (F == relu || F == linear) {
                    y = fixed::round_shift(y, fixed::preactivation_bits - p.y_bits);
                    const Ints<M> inside = fixed::clamp(y, broadcast<M>(-32767), broadcast<M>(32767));
                    saturations.template add<M>(y, inside);
                    y = inside;
                }
                store16<M>(p.y + i, y);
            });
    });
    *p.saturated += saturations.count();
}

template <int N> uint32_t activate_backward(const fixed::ActivateBackward& request) {
    const auto p = request;
    UsedBits<N> used;
    with_function(p.function, [&](auto tag) {
        for_chunks<N>(
            p.n, [&](auto width, int i) __attribute__((always_inline)) {
                constexpr int M = decltype(width)::lanes;
                const Ints<M> slope = FixedFunction<decltype(tag)::function, M>::slope(load16<M>(p.y + i));
                const Ints<M> error = load16<M>(p.d + i) * slope;
                used.template add<M>(error);
                store(p.errors + i, error);
            });
    });
    return used.all();
}

}  // namespace
}  // namespace runnel
