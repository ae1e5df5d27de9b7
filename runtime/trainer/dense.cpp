#include "layers.hpp"

namespace runnel::training {
namespace {

/// The largest format, at most 14 bits, in which a relu or linear output surely fits int16.
int derived_output_bits(const DenseLayer& d, Weights w) {
    int64_t bound = 0;
    for (uint32_t u = 0; u < d.units; ++u) bound = fixed::larger<int64_t>(bound, fixed::magnitude(d.bias->biases[u]));
    bound = (bound >> (fixed::bias_bits - fixed::preactivation_bits)) +
            fixed::rescale(int64_t(row_sum(w.w, 0, d.units, d.inputs)) << fixed::unit_bits,
                           d.input_bits + w.bits - fixed::preactivation_bits);
    int bits = 14;
    while (bits > 0 && (bound >> (fixed::preactivation_bits - bits)) > 32760) --bits;
    return bits;
}

fixed::Function kernel_function(Function f) { return static_cast<fixed::Function>(f); }

bool is_unit(Function f) { return f == Function::tanh || f == Function::sigmoid || f == Function::hard_sigmoid; }

void forward(State& s, DenseLayer& d, bool training) {
    const uint32_t L = uint32_t(s.L);
    const Weights w = weights_of(*d.kernel, training);
    const int shift = d.input_bits + w.bits - fixed::preactivation_bits;
    for (uint32_t u = 0; u < d.units; ++u)
        for (uint32_t l = 0; l < L; ++l) {
            int64_t sum = 0;
            for (uint32_t k = 0; k < d.inputs; ++k) sum += int32_t(w.w[size_t(u) * d.inputs + k]) * d.input[k * L + l];
            const int32_t bias = fixed::round_shift(d.bias->biases[u], fixed::bias_bits - fixed::preactivation_bits);
            // |sum| < 2^31, and shift > -20
            const int64_t product = shift >= 0 ? fixed::round_shift_wide(sum, shift) : sum * (int64_t(1) << -shift);
            const int64_t a = product + bias;
            d.a[u * L + l] = fixed::saturate32(a);
            d.saturated.preactivations += d.a[u * L + l] != a;
        }
}

}  // namespace

void prepare_dense(State& s, bool training) {
    for (uint32_t i = 0; i < s.dense_count; ++i) {
        DenseLayer& d = s.dense[i];
        if (i > 0) d.input_bits = s.dense[i - 1].output_bits;
        d.output_bits =
            is_unit(d.activation) ? fixed::unit_bits : derived_output_bits(d, weights_of(*d.kernel, training));
    }
}

void dense_forward(State& s, const int16_t* state, bool training) {
    for (uint32_t i = 0; i < s.dense_count; ++i) {
        DenseLayer& d = s.dense[i];
        d.input = i > 0 ? s.dense[i - 1].y : state;
        if (training && d.mask) {
            apply_mask(d.dropped, d.input, d.mask, size_t(d.inputs) * size_t(s.L));
            d.input = d.dropped;
        }
        forward(s, d, training);
        if (i + 1 < s.dense_count)
            s.kernels->activate(
                {d.a, d.y, &d.saturated.states, int(d.units) * s.L, d.output_bits, kernel_function(d.activation)});
    }
}

void dense_backward(State& s, int bits) {
    const uint32_t L = uint32_t(s.L);
    int16_t* d = s.scratch.d;
    for (uint32_t i = s.dense_count; i-- > 0;) {
        DenseLayer& layer = s.dense[i];
        const int8_t step_bits = int8_t(bits);
        const ErrorSum e = plan_sum(s, d, 0, &step_bits, 0, 1);
        add_gradient(s, *layer.kernel, 0, e, layer.input, 0, layer.input_bits);
        add_gradient(s, *layer.bias, 0, e, s.scratch.ones, 0, 14);

        if (i == 0 && (s.scope == Scope::head || s.scope == Scope::none)) return;
        RecurrentLayer& top = s.recurrent[s.recurrent_count - 1];
        int32_t* error = i > 0 ? s.scratch.input_error : top.error;
        const Weights w = weights_of(*layer.kernel, true);
        const int shift = fixed::larger(fixed::bit_length(layer.units) - 1, 0);  // units * 2^29 to 2^30
        for (uint32_t k = 0; k < layer.inputs; ++k)
            for (uint32_t l = 0; l < L; ++l) {
                int64_t sum = 0;
                for (uint32_t u = 0; u < layer.units; ++u)
                    sum += int32_t(w.w[size_t(u) * layer.inputs + k]) * d[u * L + l];
                const bool dropped = layer.mask && !layer.mask[k * L + l];
                error[k * L + l] = dropped ? 0 : int32_t(fixed::round_shift_wide(sum, shift));
            }
        const int error_bits = bits == fixed::zero_block ? bits : bits + w.bits - shift;
        if (i == 0) {
            top.error_frac = error_bits;
            return;
        }
        const DenseLayer& below = s.dense[i - 1];
        const int n = int(layer.inputs) * s.L;
        bits = block_errors(s, error, d, n, s.kernels->used_bits(error, n), error_bits);
        const uint32_t used = s.kernels->activate_backward({d, below.y, error, n, kernel_function(below.activation)});
        bits = block_errors(s, error, d, n, used, bits + fixed::unit_bits);
    }
}

}  // namespace runnel::training
