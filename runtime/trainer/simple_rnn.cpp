#include "layers.hpp"

namespace runnel::training {

void simple_rnn_forward_step(State& s, RecurrentLayer& r, uint32_t slot, const int16_t* h, bool training) {
    const size_t n = size_t(r.n);
    const Weights w = weights_of(*r.recurrent, training);
    const int units = int(r.units);
    s.lane_kernels->product(
        {s.scratch.a, w.w, h, nullptr, units, units, r.state_bits + w.bits - fixed::preactivation_bits},
        r.saturated.preactivations);
    s.kernels->activate(
        {s.scratch.a, r.h + slot * n + r.history, &r.saturated.states, r.n, r.state_bits, r.activation});
}

CellErrors simple_rnn_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits) {
    const size_t n = size_t(r.n);
    CellErrors e = {{}, {d_bits + fixed::unit_bits}};
    e.used[0] = s.kernels->activate_backward({r.d, r.h + (slot + 1) * n, s.scratch.a, r.n, r.activation});
    return e;
}

}  // namespace runnel::training
