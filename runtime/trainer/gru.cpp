#include "layers.hpp"

namespace runnel::training {

void gru_forward_step(State& s, RecurrentLayer& r, uint32_t slot, const int16_t* h, bool training) {
    const size_t n = size_t(r.n), rows = 2 * r.units;
    const Weights w = weights_of(*r.recurrent, training);
    int32_t *a = s.scratch.a, *q = a + 3 * n;
    const int units = int(r.units);
    s.lane_kernels->product(
        {a, w.w, h, nullptr, 2 * units, units, fixed::unit_bits + w.bits - fixed::preactivation_bits},
        r.saturated.preactivations);
    s.lane_kernels->product(
        {q, w.w + rows * r.units, h, r.bias20 + 3 * r.units, units, units, fixed::unit_bits + w.bits - r.q_bits},
        r.saturated.preactivations);
    s.kernels->gru_forward(
        {a, q, r.h + slot * n, r.h + slot * n + r.history, r.gate + slot * 4 * n, r.n, r.q_bits, r.hard_sigmoid});
}

CellErrors gru_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits) {
    const size_t n = size_t(r.n);
    CellErrors e = {{}, {d_bits + 17, d_bits + 3 + r.q_bits, d_bits + 16, d_bits + 16}};
    s.kernels->gru_backward({r.d, r.h + slot * n, r.gate + slot * 4 * n, s.scratch.a, e.used, r.n, r.hard_sigmoid});
    return e;
}

}  // namespace runnel::training
