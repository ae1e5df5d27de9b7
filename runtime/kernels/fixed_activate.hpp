/// Activations over flat arrays.
#pragma once
#include "fixed_functions.hpp"
#include "fixed_kernels.hpp"

namespace runnel {
namespace {

/// A function of fixed::has_function but softmax as a compile-time choice: its value, and its slope from the output with
/// 15 fraction bits.
template <Function F, int M> struct FixedFunction {
    /// 15 fraction bits; relu and linear: preactivation_bits.
    RUNNEL_INLINE static Ints<M> value(Ints<M> a) {
        using enum Function;
        if constexpr (F == tanh) return fixed_tanh<M>(a);
        else if constexpr (F == sigmoid) return fixed_sigmoid<M>(a);
        else if constexpr (F == hard_sigmoid) return fixed_hard_sigmoid<M>(a);
        else if constexpr (F == relu) return fixed::larger(a, Ints<M>{});
        else return a;
    }
    RUNNEL_INLINE static Ints<M> slope(Ints<M> y) {
        using enum Function;
        if constexpr (F == tanh) return tanh_slope<M>(y);
        else if constexpr (F == sigmoid) return sigmoid_slope<M>(y) >> 2;
        else if constexpr (F == hard_sigmoid) return HardSigmoid::slope<M>(y) >> 2;
        else if constexpr (F == relu) return mask_of<M>(y > 0) & broadcast<M>(fixed::unit);
        else return broadcast<M>(fixed::unit);
    }
};

/// Calls body with the tag of the function chosen at run time.
template <Function F> struct FunctionTag { static constexpr Function function = F; };
template <class Body> RUNNEL_INLINE void with_function(Function f, Body body) {
    using enum Function;
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
    default:  // no other function is a fixed network's
        return;
    }
}

template <int N> void activate_fixed(const fixed::Activate& request) {
    const auto p = request;
    using enum Function;
    Saturations<N> saturations;
    with_function(p.function, [&](auto tag) {
        constexpr Function F = decltype(tag)::function;
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

}  // namespace
}  // namespace runnel
