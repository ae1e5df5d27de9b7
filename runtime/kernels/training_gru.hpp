/// The way back through a GRU step: fixed_gru.hpp.
#pragma once
#include "fixed_functions.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

template <int N, class Gate> void gru_backward_as(const fixed::GruBackward& request) {
    const auto p = request;
    const int n = p.n;
    UsedBits<N> used[4];
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            using fixed::round_shift;
            const Ints<M> d = load16<M>(p.d + i), h = load16<M>(p.h + i);
            const Ints<M> z = load16<M>(p.gates + i), r = load16<M>(p.gates + n + i);
            const Ints<M> c = load16<M>(p.gates + 2 * n + i), q = load16<M>(p.gates + 3 * n + i);
            const Ints<M> error_z = round_shift(d * Gate::template slope<M>(z), 15) * (h - c);
            const Ints<M> error_c = round_shift(d * (fixed::unit - z), 14) * tanh_slope<M>(c);
            const Ints<M> inner = round_shift(error_c, 15);  // e + 1
            const Ints<M> error_r = round_shift(inner * Gate::template slope<M>(r), 15) * q;
            const Ints<M> error_q = inner * r;
            store(p.errors + i, error_z);
            store(p.errors + n + i, error_r);
            store(p.errors + 2 * n + i, error_c);
            store(p.errors + 3 * n + i, error_q);
            used[0].template add<M>(error_z);
            used[1].template add<M>(error_r);
            used[2].template add<M>(error_c);
            used[3].template add<M>(error_q);
        });
    for (int g = 0; g < 4; ++g) p.used[g] = used[g].all();
}

template <int N> void gru_backward(const fixed::GruBackward& p) {
    return p.hard_sigmoid ? gru_backward_as<N, HardSigmoid>(p) : gru_backward_as<N, Sigmoid>(p);
}

}  // namespace
}  // namespace runnel
