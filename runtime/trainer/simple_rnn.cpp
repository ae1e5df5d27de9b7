#include "layers.hpp"

namespace runnel::training {

CellErrors simple_rnn_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits) {
    const size_t n = size_t(r.n);
    CellErrors e = {{}, {d_bits + fixed::unit_bits}};
    e.used[0] = s.kernels->activate_backward({r.d, r.h + (slot + 1) * n, s.scratch.a, r.n, r.activation});
    return e;
}

}  // namespace runnel::training
