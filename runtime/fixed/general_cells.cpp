// Cells of any function, range and order of reset: what the kernels of recurrent.cpp, which the trainer goes back
// through, do not have. Around their products each number is worked on by itself.
#include "functions.hpp"
#include "layers.hpp"
#include "saved_state.hpp"

namespace runnel::fixed {
namespace {

/// x times a gate, which has unit_bits.
int32_t gated(int32_t x, int32_t gate) { return int32_t(round_shift_wide(int64_t(x) * gate, unit_bits)); }

/// a += U x of rows [first, first + rows), into the pre-activations of those rows.
void add_product(const Runner& run, Recurrent& r, Weights w, const int16_t* x, int first, int rows, int32_t* a) {
    run.product(w, a, x, nullptr, first, rows, int(r.units), r.state_bits + w.bits - r.preactivation_bits,
                r.saturated.preactivations);
}

int activated_bits(const Recurrent& r) { return stays_within_one(r.activation) ? unit_bits : r.preactivation_bits; }

void step_general_gru(const Runner& run, Recurrent& r, Weights w, const CellStep& s) {
    const int units = int(r.units), n = r.n, p = r.preactivation_bits;
    int32_t *z = s.a, *reset = s.a + n, *c = s.a + 2 * size_t(n);
    add_product(run, r, w, s.x, 0, 2 * units, z);
    apply(*run.kernels, r.gate_function, z, 2 * n, p);
    if (r.kind == Cell::gru) {
        int32_t* q = s.a + 3 * size_t(n);
        run.product(w, q, s.x, r.bias20 + 3 * r.units, 2 * units, units, units, r.state_bits + w.bits - p,
                    r.saturated.preactivations);
        for (int i = 0; i < n; ++i) c[i] = saturate32(int64_t(c[i]) + gated(q[i], reset[i]));
    } else {
        for (int i = 0; i < n; ++i) s.reset[i] = int16_t(gated(s.h[i], reset[i]));
        add_product(run, r, w, s.reset, 2 * units, units, c);
    }
    apply(*run.kernels, r.activation, c, n, p);
    // Between two numbers of int16 there is no other: nothing saturates any more.
    for (int i = 0; i < n; ++i) {
        const int32_t free = rescale(c[i], activated_bits(r) - r.state_bits),
                      inside = clamp<int32_t>(free, -INT16_MAX, INT16_MAX);
        r.saturated.states += free != inside;
        s.next[i] = int16_t(inside + gated(s.h[i] - inside, z[i]));
    }
}

void step_general_lstm(const Runner& run, Recurrent& r, Weights w, const CellStep& s) {
    const int n = r.n, p = r.preactivation_bits, cell_bits = r.state_bits + cell_bits_more;
    int32_t *in = s.a, *forget = s.a + n, *c = s.a + 2 * size_t(n), *out = s.a + 3 * size_t(n);
    add_product(run, r, w, s.x, 0, 4 * int(r.units), s.a);
    apply(*run.kernels, r.gate_function, in, 2 * n, p);
    apply(*run.kernels, r.gate_function, out, n, p);
    apply(*run.kernels, r.activation, c, n, p);
    for (int i = 0; i < n; ++i) {
        const int32_t free = gated(rescale(c[i], activated_bits(r) - cell_bits), in[i]);
        const int64_t sum = int64_t(gated(r.cell[i], forget[i])) + free;
        r.cell[i] = c[i] = int32_t(clamp<int64_t>(sum, -cell_limit, cell_limit));
        r.saturated.states += r.cell[i] != sum;
    }
    apply(*run.kernels, r.activation, c, n, cell_bits);
    const int bits = stays_within_one(r.activation) ? unit_bits : cell_bits;
    for (int i = 0; i < n; ++i) c[i] = gated(c[i], out[i]);
    r.saturated.states += to_states(c, s.next, n, bits, r.state_bits);
}

}  // namespace

void step_general(const Runner& run, Recurrent& r, Weights recurrent, const CellStep& step) {
    if (r.kind == Cell::lstm) step_general_lstm(run, r, recurrent, step);
    else step_general_gru(run, r, recurrent, step);
}

}  // namespace runnel::fixed
