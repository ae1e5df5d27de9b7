#include "layers.hpp"

namespace runnel::training {
namespace {

/// Whether the sums over the rows, and over each gate's part of the columns, are proven to stay within int32.
bool sums_fit(const State& s, const Tensor& t) {
    if (t.role == Role::embeddings || &t == s.input.table) return true;
    return fixed::sums_fit(t.grid, t, t.layer <= s.recurrent_count);  // Dense sums columns in 64 bits
}

}  // namespace

void derive(const State& s, Tensor& t, size_t first, size_t count) {
    if (s.weight_bits == 8) fixed::to_grid(t, t.weights + first, t.grid + first, count, t.magnitude);
    if (t.scaled) {
        const int shift = 14 + t.bits - t.scaled_bits;
        for (size_t i = first; i < first + count; ++i)
            t.scaled[i] = int16_t(fixed::rescale(int64_t(t.grid[i]) * t.gradient_scale, shift));
    }
}

void fit(State& s, Tensor& t) {
    const int kept_back = t.bits - t.scaled_bits;
    s.saturated_weights(t.layer) += fixed::halve_until(t.weights, t.size(), t.magnitude, t.bits, [&] {
        t.scaled_bits = int8_t(t.bits - kept_back);
        derive(s, t, 0, t.size());
        return sums_fit(s, t);
    });
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
