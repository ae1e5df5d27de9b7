#include "layers.hpp"

namespace runnel::training {
namespace {

/// Errors of a masked lane: none at the terms; the state's passes on whole.
void hold_errors(const State& s, const RecurrentLayer& r, const int16_t* lane_mask, int blocks) {
    for (int l = 0; l < s.L; ++l)
        if (!lane_mask[l])
            for (int i = l; i < blocks * r.n; i += s.L) s.scratch.a[i] = 0;
}

/// The state's error of a masked lane, in 15 more bits than d less the shift.
void carry_masked(const State& s, const RecurrentLayer& r, const int16_t* lane_mask, int32_t* to, int shift) {
    for (int l = 0; l < s.L; ++l)
        if (!lane_mask[l])
            for (int i = l; i < r.n; i += s.L) to[i] = fixed::round_shift(r.d[i] * fixed::unit, shift);
}

void hold_state(const State& s, RecurrentLayer& r, uint32_t slot, const int16_t* lane_mask) {
    const size_t n = size_t(r.n);
    const int16_t* before = r.h + (r.history ? slot * n : n);
    int16_t* next = r.h + slot * n + r.history;
    for (int l = 0; l < s.L; ++l)
        if (!lane_mask[l])
            for (size_t i = size_t(l); i < n; i += size_t(s.L)) {
                next[i] = before[i];
                if (r.cell) r.cell[i] = r.cell[n + i];
            }
}

constexpr uint8_t gru_recurrent_blocks[4] = {0, 1, 3, 3};

const uint8_t* recurrent_blocks(const RecurrentLayer& r) {
    return r.kind == Cell::gru ? gru_recurrent_blocks : kernel_blocks;
}

int carried_blocks(const RecurrentLayer& r) { return r.kind == Cell::gru ? 4 : r.gates; }

/// Bits of a block's mantissas; what is too small to matter counts as zero.
int block_bits(uint32_t used, int bits) {
    const int to_bits = bits - fixed::block_shift(used, fixed::error_bits);
    return used == 0 || to_bits >= fixed::zero_block - 4 ? fixed::zero_block
                                                         : fixed::larger(to_bits, -fixed::zero_block);
}

}  // namespace

int8_t block_errors(const State& s, const int32_t* errors, int16_t* to, int n, uint32_t used, int bits) {
    const int shift = fixed::block_shift(used, fixed::error_bits);
    const int to_bits = block_bits(used, bits);
    if (to_bits == fixed::zero_block) __builtin_memset(to, 0, size_t(n) * sizeof *to);
    else s.kernels->block(errors, to, n, shift);
    return int8_t(to_bits);
}

int product_bits(const int8_t* error_bits, const uint8_t* block, int gates, int weight_bits, int limit) {
    for (int g = 0; g < gates; ++g) limit = fixed::smaller(limit, error_bits[block[g]] + weight_bits);
    return limit - 3;
}

void add_transposed(State& s, Weights w, const RecurrentLayer& r, const int16_t* errors, const int8_t* error_bits,
                    const uint8_t* block, int columns, int32_t* to, int to_bits) {
    const int units = int(r.units);
    for (int g = 0; g < r.gates; ++g) {
        if (error_bits[block[g]] == fixed::zero_block) continue;
        s.lane_kernels->transposed_product({to, w.wide() + size_t(g) * size_t(units) * size_t(columns),
                                            errors + size_t(block[g]) * size_t(r.n), units, columns,
                                            fixed::smaller(error_bits[block[g]] + w.bits - to_bits, 30)});
    }
}

void upper_input_forward(State& s, RecurrentLayer& r, uint32_t slot, bool training) {
    const RecurrentLayer& below = (&r)[-1];
    const int16_t* x = below.h + slot * size_t(below.n) + below.history;
    if (training && r.own_input) {
        int16_t* dropped = r.own_input + slot * size_t(below.n);
        apply_mask(dropped, x, r.input_mask, size_t(below.n));
        x = dropped;
    }
    fixed::input_part(s.run, r, weights_of(*r.kernel, training), x, s.scratch.a);
}

void recurrent_forward(State& s, RecurrentLayer& r, uint32_t slot, bool training, const int16_t* lane_mask) {
    const size_t n = size_t(r.n);
    const int16_t* h = r.h + slot * n;
    if (training && r.dropped_h) {
        apply_mask(r.dropped_h + slot * n, h, r.recurrent_mask, n);
        h = r.dropped_h + slot * n;
    }
    if (!r.history && lane_mask) __builtin_memcpy(r.h + n, r.h, n * sizeof *r.h);
    if (r.cell && lane_mask) __builtin_memcpy(r.cell + n, r.cell, n * sizeof *r.cell);
    int16_t* gates = r.gate ? r.gate + slot * r.blocks * n : nullptr;
    fixed::step(s.run, r, weights_of(*r.recurrent, training),
                {h, r.h + slot * n, r.h + slot * n + r.history, s.scratch.a, gates});
    if (lane_mask) hold_state(s, r, slot, lane_mask);
    if (r.cell_block) {
        // The cell state as a block, for the way back.
        const int shift = fixed::larger(fixed::block_shift(s.kernels->used_bits(r.cell, r.n), 15), 0);
        s.kernels->block(r.cell, r.cell_block + (slot + 1) * n, r.n, shift);
        r.cell_bits[slot + 1] = int8_t(fixed::preactivation_bits - shift);
    }
}

void recurrent_backward(State& s, RecurrentLayer& r, uint32_t slot, const int16_t* lane_mask) {
    const size_t n = size_t(r.n);
    int16_t* errors = r.gate + slot * r.blocks * n;
    int8_t* bits = r.error_bits + slot * r.blocks;
    const int d_bits = block_errors(s, r.error, r.d, r.n, s.kernels->used_bits(r.error, r.n), r.error_frac);

    CellErrors e;
    switch (r.kind) {
    case Cell::gru:
        e = gru_backward_step(s, r, slot, d_bits);
        break;
    case Cell::lstm:
        e = lstm_backward_step(s, r, slot, d_bits, lane_mask);
        break;
    default:
        e = simple_rnn_backward_step(s, r, slot, d_bits);
        break;
    }
    const int blocks = carried_blocks(r);
    if (lane_mask) hold_errors(s, r, lane_mask, blocks);
    for (int j = 0; j < blocks; ++j) bits[j] = int8_t(block_bits(e.used[j], e.bits[j]));

    // The error of the state before: what the cell or a mask carries past the matrices, then their part. It starts
    // before the errors take the gates' place.
    const Weights w = weights_of(*r.recurrent, true);
    const bool carries = r.kind == Cell::gru || lane_mask;
    const int carry_bits = carries ? d_bits + fixed::unit_bits : 2 * fixed::zero_block;
    const int to_bits = product_bits(bits, recurrent_blocks(r), r.gates, w.bits, carry_bits);
    int32_t* carried = r.recurrent_mask ? s.scratch.carry : r.error;
    if (slot > 0) {
        const int shift = fixed::clamp(carry_bits - to_bits, 1, 30);
        if (r.kind == Cell::gru) s.kernels->carry({carried, r.d, errors, r.n, shift});
        else __builtin_memset(carried, 0, n * sizeof *carried);
        if (lane_mask) carry_masked(s, r, lane_mask, carried, shift);
    }
    for (int j = 0; j < blocks; ++j)
        block_errors(s, s.scratch.a + size_t(j) * n, errors + size_t(j) * n, r.n, e.used[j], e.bits[j]);
    if (r.cell) r.cell_d_bits = block_errors(s, s.scratch.a + 4 * n, r.cell_d, r.n, e.used[4], e.bits[4]);
    if (slot > 0) {
        if (r.recurrent_mask) __builtin_memset(r.error, 0, n * sizeof *r.error);
        add_transposed(s, w, r, errors, bits, recurrent_blocks(r), int(r.units), r.error, to_bits);
        if (r.recurrent_mask)
            for (size_t i = 0; i < n; ++i) r.error[i] = (r.error[i] & r.recurrent_mask[i]) + carried[i];
        r.error_frac = to_bits;
    }

    if (!r.needs_input_errors || &r == s.recurrent) return;
    // Into the layer below: its own error so far, aligned with this one.
    RecurrentLayer& below = (&r)[-1];
    const Weights k = weights_of(*r.kernel, true);
    const size_t m = size_t(below.n);
    int32_t* input_error = s.scratch.input_error;
    __builtin_memset(input_error, 0, m * sizeof *input_error);
    const int input_bits = product_bits(bits, kernel_blocks, r.gates, k.bits, 2 * fixed::zero_block);
    add_transposed(s, k, r, errors, bits, kernel_blocks, int(r.inputs), input_error, input_bits);
    if (r.input_mask)
        for (size_t i = 0; i < m; ++i) input_error[i] &= r.input_mask[i];
    const int common = fixed::smaller(input_bits, below.error_frac) - 1;
    const int shift_own = fixed::smaller(below.error_frac - common, 30),
              shift_input = fixed::smaller(input_bits - common, 30);
    for (size_t i = 0; i < m; ++i)
        below.error[i] =
            fixed::round_shift(below.error[i], shift_own) + fixed::round_shift(input_error[i], shift_input);
    below.error_frac = common;
}

void recurrent_gradients(State& s, RecurrentLayer& r, uint32_t kept) {
    const size_t n = size_t(r.n);
    const int16_t* h = r.dropped_h ? r.dropped_h : r.h;
    for (int block = 0; block < carried_blocks(r); ++block) {
        const ErrorSum e = plan_sum(s, r.gate + size_t(block) * n, r.blocks * n, r.error_bits + block, r.blocks, kept);
        if (block < r.gates) {
            if (r.kernel && r.input)
                add_gradient(s, *r.kernel, block, e, r.input, size_t(r.inputs) * size_t(s.L), r.input_bits);
            add_gradient(s, *r.bias, block, e, s.scratch.ones, 0, 14);
        }
        for (int gate = 0; gate < r.gates; ++gate) {
            if (recurrent_blocks(r)[gate] != block) continue;
            add_gradient(s, *r.recurrent, gate, e, h, n, r.state_bits);
            if (!r.recurrent_bias) continue;
            if (gate == block) copy_gradient(*r.recurrent_bias, *r.bias, gate);
            else add_gradient(s, *r.recurrent_bias, gate, e, s.scratch.ones, 0, 14);
        }
    }
}

}  // namespace runnel::training
