/// The way back through an LSTM step: fixed_lstm.hpp.
#pragma once
#include "fixed_functions.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

template <int N> void lstm_cell_error(const fixed::LstmCellError& request) {
    const auto p = request;
    const int n = p.n;
    for_chunks<N>(
        n, [&](auto width, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            const Ints<M> d = load16<M>(p.d + k), o = load16<M>(p.gates + 3 * n + k),
                          t = load16<M>(p.gates + 4 * n + k);
            const Ints<M> through_output = fixed::round_shift(d * o, 14) * tanh_slope<M>(t);
            store(p.total + k, fixed::round_shift(through_output, p.output_shift) +
                                   fixed::round_shift(load16<M>(p.cell_d + k) << 16, p.cell_shift));
        });
}

template <int N, class Gate> void lstm_backward_as(const fixed::LstmBackward& request) {
    const auto p = request;
    const int n = p.n;
    UsedBits<N> used[5];
    for_chunks<N>(
        n, [&](auto width, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            using fixed::round_shift;
            const Ints<M> d = load16<M>(p.d + k), e = load16<M>(p.cell_d + k), before = load16<M>(p.cell + k);
            const Ints<M> i = load16<M>(p.gates + k), f = load16<M>(p.gates + n + k),
                          g = load16<M>(p.gates + 2 * n + k);
            const Ints<M> o = load16<M>(p.gates + 3 * n + k), t = load16<M>(p.gates + 4 * n + k);
            const Ints<M> errors[5] = {
                round_shift(e * Gate::template slope<M>(i), 15) * g,
                round_shift(e * Gate::template slope<M>(f), 15) * before,
                round_shift(e * i, 14) * tanh_slope<M>(g),
                round_shift(d * Gate::template slope<M>(o), 15) * t,
                e * f,
            };
            for (int j = 0; j < 5; ++j) {
                store(p.errors + j * n + k, errors[j]);
                used[j].template add<M>(errors[j]);
            }
        });
    for (int j = 0; j < 5; ++j) p.used[j] = used[j].all();
}

template <int N> void lstm_backward(const fixed::LstmBackward& p) {
    return p.hard_sigmoid ? lstm_backward_as<N, HardSigmoid>(p) : lstm_backward_as<N, Sigmoid>(p);
}

}  // namespace
}  // namespace runnel
