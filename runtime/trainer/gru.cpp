#include "layers.hpp"

namespace runnel::training {

CellErrors gru_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits) {
    const size_t n = size_t(r.n);
    CellErrors e = {{}, {d_bits + 17, d_bits + 3 + r.q_bits, d_bits + 16, d_bits + 16}};
    s.kernels->gru_backward({r.d, r.h + slot * n, r.gate + slot * 4 * n, s.scratch.a, e.used, r.n, r.hard_sigmoid()});
    return e;
}

}  // namespace runnel::training
