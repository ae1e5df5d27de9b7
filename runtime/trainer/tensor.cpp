#include "layers.hpp"

namespace runnel::training {
namespace {

/// Rounded to the int8 grid of a tensor whose magnitudes are below 2^bits.
int32_t on_grid(int32_t w, int magnitude_bits) {
    const int step = magnitude_bits > 7 ? magnitude_bits - 7 : 0;
    return fixed::clamp(fixed::round_shift(w, step), -127, 127) * (1 << step);
}

int magnitude_bits(const Tensor& t) { return fixed::bit_length(uint32_t(t.magnitude)); }

bool is_matrix(const State& s, const Tensor& t) { return t.role != role_embeddings && &t != s.input.table; }

/// Whether the sums over the rows, and over each gate's part of the columns, are proven to stay within int32.
bool sums_fit(const State& s, const Tensor& t) {
    if (!is_matrix(s, t)) return true;
    if (row_sum(t.grid, 0, t.rows, t.columns) > fixed::row_sum_limit) return false;
    if (t.layer > s.recurrent_count) return true;  // Dense sums columns in 64 bits
    const uint32_t gate_rows = t.rows / t.gates;
    for (uint32_t k = 0; k < t.columns; ++k)
        for (uint32_t first = 0; first < t.rows; first += gate_rows) {
            int32_t sum = 0;
            for (uint32_t r = first; r < first + gate_rows; ++r)
                sum += fixed::magnitude<int32_t>(t.grid[size_t(r) * t.columns + k]);
            if (sum > fixed::row_sum_limit) return false;
        }
    return true;
}

}  // namespace

int32_t row_sum(const int16_t* w, uint32_t first, uint32_t count, uint32_t columns) {
    int32_t largest = 0;
    for (uint32_t r = first; r < first + count; ++r) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < columns; ++k) sum += fixed::magnitude<int32_t>(w[size_t(r) * columns + k]);
        largest = fixed::larger(largest, sum);
    }
    return largest;
}

void derive(const State& s, Tensor& t, size_t first, size_t count) {
    if (s.weight_bits == 8) {
        const int bits = magnitude_bits(t);
        for (size_t i = first; i < first + count; ++i) t.grid[i] = int16_t(on_grid(t.weights[i], bits));
    }
    if (t.scaled) {
        const int shift = 14 + t.bits - t.scaled_bits;
        for (size_t i = first; i < first + count; ++i)
            t.scaled[i] = int16_t(fixed::rescale(int64_t(t.grid[i]) * t.gradient_scale, shift));
    }
}

void fit(State& s, Tensor& t) {
    const int kept_back = t.bits - t.scaled_bits;
    derive(s, t, 0, t.size());
    while (t.magnitude > weight_limit || !sums_fit(s, t)) {
        for (size_t i = 0; i < t.size(); ++i) t.weights[i] = int16_t((t.weights[i] + 1) >> 1);
        t.magnitude = (t.magnitude + 1) >> 1;
        if (t.bits > 6) --t.bits;
        else s.saturated_in(t.layer).weights += uint32_t(t.size());
        t.scaled_bits = int8_t(t.bits - kept_back);
        derive(s, t, 0, t.size());
    }
}

SumBound bound_sum(const int8_t* bits, size_t stride, uint32_t steps) {
    int least = fixed::zero_block;
    for (uint32_t t = 0; t < steps; ++t) least = fixed::smaller<int>(least, bits[t * stride]);
    uint64_t total = 0;  // of 2^(least - bits), in 2^-16 and rounded up
    for (uint32_t t = 0; t < steps; ++t) {
        const int below = bits[t * stride] - least;
        total += below > 16 ? 1 : 65536u >> below;
    }
    return {least, fixed::bit_length_wide(total - 1) - 16};
}

ErrorSum plan_sum(const State& s, const int16_t* d, size_t d_stride, const int8_t* bits, size_t bits_stride,
                  uint32_t steps) {
    const SumBound bound = bound_sum(bits, bits_stride, steps);
    if (bound.bits == fixed::zero_block) return {d, d_stride, steps, fixed::zero_block};
    const int sum_bits = bound.bits - fixed::larger(bound.growth + (s.L == 1 ? -1 : 3), 1);
    for (uint32_t t = 0; t < steps; ++t)
        s.scratch.shift[t] = int8_t(fixed::clamp(bits[t * bits_stride] - sum_bits, 1, 30));
    return {d, d_stride, steps, sum_bits};
}

void add_gradient(State& s, Tensor& t, int gate, const ErrorSum& e, const int16_t* x, size_t x_stride, int x_bits) {
    if (e.bits == fixed::zero_block || !t.trained) return;
    const int sum_bits = e.bits + x_bits;
    const uint32_t rows = t.rows / t.gates;
    const int n = int(rows * t.columns);
    int32_t* total = t.gradient + size_t(gate) * size_t(n);
    const bool first = t.gradient_bits[gate] == fixed::zero_block;
    int32_t* sum = first ? total : s.scratch.gradient;
    s.lane_kernels->outer_sum(
        {sum, e.d, x, s.scratch.shift, e.d_stride, x_stride, 1, int(rows), int(t.columns), int(e.steps)});
    if (first) {
        t.gradient_bits[gate] = int16_t(sum_bits);
        return;
    }
    const uint32_t used = s.kernels->used_bits(total, n) | s.kernels->used_bits(sum, n);
    const int common = fixed::smaller<int>(t.gradient_bits[gate], sum_bits) - (fixed::bit_length(used) > 29);
    const int shift_total = fixed::smaller(t.gradient_bits[gate] - common, 30),
              shift_sum = fixed::smaller(sum_bits - common, 30);
    for (int i = 0; i < n; ++i)
        total[i] = fixed::round_shift(total[i], shift_total) + fixed::round_shift(sum[i], shift_sum);
    t.gradient_bits[gate] = int16_t(common);
}

void copy_gradient(Tensor& to, const Tensor& from, int gate) {
    if (!to.trained) return;
    const size_t n = to.size() / to.gates, first = size_t(gate) * n;
    __builtin_memcpy(to.gradient + first, from.gradient + first, n * sizeof *to.gradient);
    to.gradient_bits[gate] = from.gradient_bits[gate];
}

}  // namespace runnel::training
