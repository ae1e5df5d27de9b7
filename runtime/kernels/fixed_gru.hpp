/// GRU(reset_after=True), Keras' equations: z, r = gate(a), q = U h + b, n = tanh(a + r q), h' = n + z (h - n).
#pragma once
#include "fixed_functions.hpp"
#include "fixed_kernels.hpp"

namespace runnel {
namespace {

template <int N, class Gate> void gru_forward_as(const fixed::GruForward& request) {
    const auto p = request;
    const int n = p.n, q_shift = fixed::unit_bits + p.q_bits - fixed::preactivation_bits;
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            const Ints<M> z = Gate::template value<M>(load32<M>(p.a + i));
            const Ints<M> r = Gate::template value<M>(load32<M>(p.a + n + i));
            const Ints<M> q = load32<M>(p.q + i), h = load16<M>(p.h + i);
            const Ints<M> c = fixed_tanh<M>(load32<M>(p.a + 2 * n + i) + fixed::round_shift(r * q, q_shift));
            store16<M>(p.next + i, c + fixed::round_shift(z * (h - c), fixed::unit_bits));
            if (!p.gates) return;
            store16<M>(p.gates + i, z);
            store16<M>(p.gates + n + i, r);
            store16<M>(p.gates + 2 * n + i, c);
            store16<M>(p.gates + 3 * n + i, q);
        });
}

template <int N> void gru_forward(const fixed::GruForward& p) {
    return p.hard_sigmoid ? gru_forward_as<N, HardSigmoid>(p) : gru_forward_as<N, Sigmoid>(p);
}

}  // namespace
}  // namespace runnel
