/// LSTM, Keras' equations: i, f, o = gate(a), g = tanh(a), c' = f c + i g, h = o tanh(c').
#pragma once
#include "fixed_functions.hpp"
#include "fixed_kernels.hpp"

namespace runnel {
namespace {

/// c * f of a cell state |c| <= 2^27 and a gate 0 <= f < 2^15, without a 64-bit product.
template <int N> RUNNEL_INLINE Ints<N> gated_cell(Ints<N> c, Ints<N> f) {
    return fixed::round_shift(f * (c >> 12) + ((f * (c & 0xfff)) >> 12), 3);
}

template <int N, class Gate> void lstm_forward_as(const fixed::LstmForward& request) {
    const auto p = request;
    const int n = p.n;
    constexpr int32_t limit = (1 << 27) - 1;
    Saturations<N> saturations;
    for_chunks<N>(
        n, [&](auto width, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            const Ints<M> i = Gate::template value<M>(load32<M>(p.a + k));
            const Ints<M> f = Gate::template value<M>(load32<M>(p.a + n + k));
            const Ints<M> g = fixed_tanh<M>(load32<M>(p.a + 2 * n + k));
            const Ints<M> o = Gate::template value<M>(load32<M>(p.a + 3 * n + k));
            const Ints<M> free = gated_cell<M>(load32<M>(p.cell + k), f) +
                                 fixed::round_shift(i * g, 2 * fixed::unit_bits - fixed::preactivation_bits);
            const Ints<M> c = fixed::clamp(free, broadcast<M>(-limit), broadcast<M>(limit));
            saturations.template add<M>(free, c);
            const Ints<M> t = fixed_tanh<M>(c);
            store(p.cell + k, c);
            store16<M>(p.next + k, fixed::round_shift(o * t, fixed::unit_bits));
            if (!p.gates) return;
            store16<M>(p.gates + k, i);
            store16<M>(p.gates + n + k, f);
            store16<M>(p.gates + 2 * n + k, g);
            store16<M>(p.gates + 3 * n + k, o);
            store16<M>(p.gates + 4 * n + k, t);
        });
    *p.saturated += saturations.count();
}

template <int N> void lstm_forward(const fixed::LstmForward& p) {
    return p.hard_sigmoid ? lstm_forward_as<N, HardSigmoid>(p) : lstm_forward_as<N, Sigmoid>(p);
}

}  // namespace
}  // namespace runnel
