#include "layers.hpp"

namespace runnel::training {
namespace {

/// value = mantissa * 2^-(15 + exponent), mantissa in [2^14, 2^15).
struct Factor {
    int32_t mantissa;
    int exponent;
};
/// x * 2^-bits as a factor; x > 0.
Factor factor_of(uint64_t x, int bits) {
    const int shift = fixed::bit_length_wide(x) - 15;
    return {int32_t(shift >= 0 ? x >> shift : x << -shift), bits - shift - 15};
}

uint64_t square_root(uint64_t x) {
    uint64_t root = 0;
    for (uint64_t bit = uint64_t(1) << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= x) root += bit;
    return root;
}

/// From sums of gradients to means, and what an update needs beside them.
struct Step {
    uint32_t count;
    uint32_t clip;  ///< factor of all gradients, 16 fraction bits
    Factor rate;
    uint64_t squares;  ///< of the mean gradients met, 40 fraction bits
};

Factor mean_factor(const Tensor& t, const Step& step) {
    return factor_of((uint64_t(t.gradient_scale) * step.clip << 31) / step.count, 14 + 16 + 31);
}

/// Adam's rate: times sqrt(1 - beta_2^t) / (1 - beta_1^t).
Factor adam_rate(State& s) {
    s.beta_power[0] = uint32_t((uint64_t(s.beta_power[0]) * s.momentum) >> 15);
    s.beta_power[1] = uint32_t((uint64_t(s.beta_power[1]) * (65536u - s.decay)) >> 16);
    const uint64_t first = (uint64_t(1) << 31) - s.beta_power[0], second = (uint64_t(1) << 31) - s.beta_power[1];
    const uint64_t correction = (square_root(second << 31) << 16) / first;  // 16 fraction bits
    return factor_of(uint64_t(s.rate_mantissa) * correction, 15 + s.rate_exponent + 16);
}

/// Updates n numbers of a tensor from `first` on.
void update_part(State& s, Tensor& t, size_t first, int n, const int32_t* gradient, int gradient_bits,
                 const Step& step) {
    const Factor mean = mean_factor(t, step);
    const uint32_t tensor = uint32_t(&t - s.tensors);
    const int fraction_bits = t.weights ? t.bits : fixed::bias_bits - 16;
    const int ratio_shift = (s.optimizer == Optimizer::sgd ? 9 : 11) + step.rate.exponent - fraction_bits;
    s.kernels->update({
        .weights = t.weights ? t.weights + first : nullptr,
        .biases = t.weights ? nullptr : t.biases + first,
        .gradient = gradient,
        .momentum = t.momentum ? t.momentum + first : nullptr,
        .moment = t.moment ? t.moment + first : nullptr,
        .n = n,
        .gradient_shift = gradient_bits + mean.exponent - 27,
        .gradient_factor = mean.mantissa,
        .clip = s.clip_value,
        .momentum_factor = s.momentum,
        .moment_factor = s.decay,
        .epsilon_mantissa = s.epsilon_mantissa,
        .epsilon_exponent = s.epsilon_exponent,
        .rate = step.rate.mantissa,
        .rate_shift = ratio_shift,
        .rounding_key = fixed::random_key(s.seed, s.update, fixed::Stream::rounding, tensor),
        .moment_key = fixed::random_key(s.seed, s.update, fixed::Stream::moment_rounding, tensor),
        .index = uint32_t(first),
        .rule = static_cast<fixed::Rule>(s.optimizer),
        .largest = &t.magnitude,
        .saturated = &s.saturated_weights(t.layer),
    });
}

void add_squares(const State& s, const Tensor& t, const int32_t* gradient, int n, int bits, Step& step) {
    const Factor mean = mean_factor(t, step);
    for (int i = 0; i < n; ++i) {
        const int64_t g =
            fixed::clamp<int64_t>(fixed::rescale(int64_t(gradient[i]) * mean.mantissa, bits + mean.exponent - 11),
                                  -s.clip_value, s.clip_value);
        step.squares += uint64_t(g * g) >> 12;
    }
}

void square_row(State& s, uint32_t, const int32_t* gradient, int bits, void* step) {
    add_squares(s, *s.input.table, gradient, int(s.input.width), bits, *static_cast<Step*>(step));
}

void update_row(State& s, uint32_t token, const int32_t* gradient, int bits, void* step) {
    Tensor& t = *s.input.table;
    const size_t first = size_t(token) * s.input.width;
    update_part(s, t, first, int(s.input.width), gradient, bits, *static_cast<Step*>(step));
    derive(s, t, first, s.input.width);
}

/// Calls f(tensor, gate, gradient, numbers) for all gradients that are complete in memory.
template <class F> void for_gradients(State& s, F f) {
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        Tensor& t = s.tensors[i];
        if (!t.trained || &t == s.input.table) continue;
        const int n = int(t.size() / t.gates);
        for (int gate = 0; gate < t.gates; ++gate) {
            int32_t* gradient = t.gradient + size_t(gate) * size_t(n);
            if (t.gradient_bits[gate] == fixed::zero_block) __builtin_memset(gradient, 0, size_t(n) * sizeof *gradient);
            f(t, gate, gradient, n);
        }
    }
}

/// The factor that brings the norm of all mean gradients down to the bound.
uint32_t norm_clip(State& s, const Batch& batch, Step& step) {
    visit_row_gradients(s, batch, square_row, &step);
    for_gradients(s, [&](Tensor& t, int gate, int32_t* gradient, int n) {
        add_squares(s, t, gradient, n, t.gradient_bits[gate], step);
    });
    const uint64_t norm = square_root(step.squares);
    return norm > s.clip_norm ? uint32_t(fixed::larger<uint64_t>((uint64_t(s.clip_norm) << 16) / norm, 1)) : 65536;
}

}  // namespace

void update_parameters(State& s, const Batch& batch) {
    Step step = {batch.count, 65536, {s.rate_mantissa, s.rate_exponent}, 0};
    if (s.optimizer == Optimizer::adam) step.rate = adam_rate(s);
    if (s.clip_norm) step.clip = norm_clip(s, batch, step);
    const int32_t before = s.input.table ? s.input.table->magnitude : 0;
    visit_row_gradients(s, batch, update_row, &step);
    for_gradients(s, [&](Tensor& t, int gate, int32_t* gradient, int n) {
        if (gate == 0) t.magnitude = 0;
        update_part(s, t, size_t(gate) * size_t(n), n, gradient, t.gradient_bits[gate], step);
    });
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        Tensor& t = s.tensors[i];
        if (!t.trained || !t.weights) continue;
        const bool table = &t == s.input.table;
        if (table && s.scope == Scope::rows) {
            // Other rows must stay as they are: the format is kept, and numbers beyond it saturate.
            t.magnitude = before;
        } else if (!table || t.magnitude > fixed::weight_limit ||
                   fixed::bit_length(uint32_t(t.magnitude)) != fixed::bit_length(uint32_t(before))) {
            fit(s, t);  // of a table, otherwise only the rows touched have changed, and they are derived already
        }
    }
    ++s.update;
}

}  // namespace runnel::training
