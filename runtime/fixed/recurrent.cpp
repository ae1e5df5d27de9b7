#include "functions.hpp"
#include "layers.hpp"

namespace runnel::fixed {
namespace {

/// The largest format in which |sum| <= row sum * 2^-bits + |bias| surely fits int16; at most 14, at least 5.
int candidate_bits(const Recurrent& r, Weights w, const int32_t* bias) {
    const uint32_t first = 2 * r.units;
    int64_t bound = 0;
    for (uint32_t u = first; u < first + r.units; ++u) bound = larger<int64_t>(bound, magnitude(bias[u]));
    const RowSum largest = row_sum(w, first, r.units, r.units);
    bound = (bound >> (bias_bits - preactivation_bits)) + rescale(largest.sum, largest.bits - preactivation_bits);
    int bits = 14;
    while (bits > 5 && (bound >> (preactivation_bits - bits)) > 32760) --bits;
    return bits;
}

void step_gru(const Runner& run, Recurrent& r, Weights w, const CellStep& s) {
    const int units = int(r.units), rows = 2 * units;
    int32_t* q = s.a + 3 * size_t(r.n);
    uint32_t& saturated = r.saturated.preactivations;
    run.product(w, s.a, s.x, nullptr, 0, rows, units, unit_bits + w.bits - preactivation_bits, saturated);
    run.product(w, q, s.x, r.bias20 + 3 * r.units, rows, units, units, unit_bits + w.bits - r.q_bits, saturated);
    run.kernels->gru_forward({s.a, q, s.h, s.next, s.gates, r.n, r.q_bits, r.hard_sigmoid()});
}

void step_lstm(const Runner& run, Recurrent& r, Weights w, const CellStep& s) {
    const int units = int(r.units);
    run.product(w, s.a, s.x, nullptr, 0, 4 * units, units, unit_bits + w.bits - preactivation_bits,
                r.saturated.preactivations);
    run.kernels->lstm_forward({s.a, r.cell, s.next, s.gates, &r.saturated.states, r.n, r.hard_sigmoid()});
}

void step_simple_rnn(const Runner& run, Recurrent& r, Weights w, const CellStep& s) {
    const int units = int(r.units);
    run.product(w, s.a, s.x, nullptr, 0, units, units, r.state_bits + w.bits - r.preactivation_bits,
                r.saturated.preactivations);
    activate(*run.kernels, {s.a, s.next, &r.saturated.states, r.n, r.state_bits, r.activation}, r.preactivation_bits);
}

}  // namespace

void prepare(Recurrent& r, Weights recurrent, const int32_t* bias, const int32_t* recurrent_bias) {
    const uint32_t rows = r.rows();
    constexpr int shift = bias_bits_more;
    for (uint32_t i = 0; i < rows; ++i) {
        const bool both = recurrent_bias && i < 2 * r.units;
        r.bias20[i] = round_shift(bias[i], shift) + (both ? round_shift(recurrent_bias[i], shift) : 0);
    }
    const bool plain = r.activation == Function::tanh && r.preactivation_bits == preactivation_bits &&
                       (r.gate_function == Function::sigmoid || r.hard_sigmoid());
    r.general = r.kind == Cell::gru_reset_before || (is_gated(r.kind) && !plain);
    if (r.kind != Cell::gru) return;
    r.q_bits = r.general ? r.preactivation_bits : int8_t(candidate_bits(r, recurrent, recurrent_bias));
    for (uint32_t u = 0; u < r.units; ++u)
        r.bias20[rows + u] =
            round_shift(recurrent_bias[2 * r.units + u], r.preactivation_bits + bias_bits_more - r.q_bits);
}

void input_part(const Runner& run, Recurrent& r, Weights kernel, const int16_t* x, int32_t* a) {
    run.product(kernel, a, x, r.bias20, 0, int(r.rows()), int(r.inputs), r.input_shift(kernel),
                r.saturated.preactivations);
}

void one_hot_part(const Recurrent& r, Weights kernel, uint32_t row, int32_t* a) {
    const auto add = [&](const auto* numbers, int bits) {
        for (uint32_t i = 0; i < r.rows(); ++i)
            a[i] = r.bias20[i] + clamp(rescale(numbers[size_t(row) * r.rows() + i], bits - r.preactivation_bits),
                                       -part_limit, part_limit);
    };
    if (kernel.narrow) add(kernel.codes().numbers, kernel.bits + kernel.codes().finer_of(row));
    else add(kernel.wide(), kernel.bits);
}

void step(const Runner& run, Recurrent& r, Weights recurrent, const CellStep& step) {
    if (r.general) return step_general(run, r, recurrent, step);
    switch (r.kind) {
    case Cell::gru:
        return step_gru(run, r, recurrent, step);
    case Cell::lstm:
        return step_lstm(run, r, recurrent, step);
    default:
        return step_simple_rnn(run, r, recurrent, step);
    }
}

}  // namespace runnel::fixed
