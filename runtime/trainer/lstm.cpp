#include "layers.hpp"

namespace runnel::training {

namespace {

/// The cell's error of a masked lane passes on as it is.
void hold_cell_error(const State& s, const RecurrentLayer& r, const int16_t* lane_mask, const int16_t* from,
                     int32_t* to, int up, int down) {
    for (int l = 0; l < s.L; ++l)
        if (!lane_mask[l])
            for (int i = l; i < r.n; i += s.L) to[i] = fixed::round_shift(from[i] * (1 << up), down);
}

}  // namespace

CellErrors lstm_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits, const int16_t* lane_mask) {
    const size_t n = size_t(r.n);
    const int16_t* gates = r.gate + slot * 5 * n;
    // The cell's error: through the output, and from the step after.
    const int total_bits = fixed::smaller(d_bits, r.cell_d_bits) + 15;
    const int cell_shift = fixed::clamp(r.cell_d_bits + 16 - total_bits, 1, 30);
    int32_t* total = s.scratch.a;
    s.kernels->lstm_cell_error(
        {r.d, r.cell_d, gates, total, r.n, fixed::clamp(d_bits + 16 - total_bits, 1, 30), cell_shift});
    if (lane_mask) hold_cell_error(s, r, lane_mask, r.cell_d, total, 16, cell_shift);
    const int bits = block_errors(s, total, r.cell_d, r.n, s.kernels->used_bits(total, r.n), total_bits);

    CellErrors e = {{}, {bits + 17, bits + 2 + r.cell_bits[slot], bits + 16, d_bits + 17, bits + fixed::unit_bits}};
    s.kernels->lstm_backward(
        {r.d, r.cell_d, gates, r.cell_block + slot * n, s.scratch.a, e.used, r.n, r.hard_sigmoid()});
    if (lane_mask) {
        hold_cell_error(s, r, lane_mask, r.cell_d, s.scratch.a + 4 * n, fixed::unit_bits, 0);
        e.used[4] = s.kernels->used_bits(s.scratch.a + 4 * n, r.n);
    }
    return e;
}

}  // namespace runnel::training
