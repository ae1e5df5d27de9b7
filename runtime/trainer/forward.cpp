#include "layers.hpp"

namespace runnel::training {

void prepare(State& s, bool training) {
    s.begun = false;
    if (s.prepared && !training) return;
    if (s.input.table) s.recurrent[0].input_bits = s.input.table->bits;
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        fixed::prepare(r, weights_of(*r.recurrent, training), r.bias->biases,
                       r.recurrent_bias ? r.recurrent_bias->biases : nullptr);
    }
    for (uint32_t i = 0; i < s.dense_count; ++i) {
        DenseLayer& d = s.dense[i];
        if (i > 0) d.input_bits = s.dense[i - 1].output_bits;
        fixed::prepare(d, weights_of(*d.kernel, training), d.bias->biases);
    }
    s.prepared = !training;
}

void clear_states(State& s) {
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        const size_t n = size_t(r.n);
        __builtin_memset(r.h, 0, n * sizeof *r.h);
        if (!r.cell) continue;
        __builtin_memset(r.cell, 0, n * sizeof *r.cell);
        if (!r.cell_block) continue;
        __builtin_memset(r.cell_block, 0, n * sizeof *r.cell_block);
        r.cell_bits[0] = fixed::preactivation_bits;
    }
}

void step_forward(State& s, const Group& g, uint32_t step, uint32_t slot, bool training) {
    int16_t lane_mask[fixed::wide_lanes];
    input_forward(s, g, step, slot, training);
    if (training) draw_step_masks(s, g, step);
    const bool masked = s.input.mask_zero && mask_lanes(s, lane_mask);
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        if (i > 0) upper_input_forward(s, r, slot, training);
        recurrent_forward(s, r, slot, training, masked ? lane_mask : nullptr);
    }
}

void return_states(State& s) {
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        const size_t n = size_t(r.n);
        if (!r.history) continue;
        __builtin_memcpy(r.h, r.h + n, n * sizeof *r.h);
        if (!r.cell) continue;
        __builtin_memcpy(r.cell_block, r.cell_block + n, n * sizeof *r.cell_block);
        r.cell_bits[0] = r.cell_bits[1];
    }
}

void forward(State& s, const Group& g, uint32_t kept, bool training) {
    const uint32_t steps = g.batch.steps;
    clear_states(s);
    for (uint32_t t = 0; t < steps; ++t) {
        const bool passing = t + kept < steps;
        step_forward(s, g, t, passing ? 0 : t + kept - steps, training);
        if (passing) return_states(s);
    }
    dense_forward(s, s.top().h + kept * size_t(s.top().n), training);
}

}  // namespace runnel::training
