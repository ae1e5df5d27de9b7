#include "layers.hpp"

namespace runnel::training {
void dense_forward(State& s, const int16_t* state, bool training) {
    for (uint32_t i = 0; i < s.dense_count; ++i) {
        DenseLayer& d = s.dense[i];
        d.input = i > 0 ? s.dense[i - 1].y : state;
        if (training && d.mask) {
            apply_mask(d.dropped, d.input, d.mask, size_t(d.inputs) * size_t(s.L));
            d.input = d.dropped;
        }
        fixed::step(*s.run.kernels, d, weights_of(*d.kernel, training), d.bias->biases, d.input, uint32_t(s.L));
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
                    sum += int32_t(w.wide()[size_t(u) * layer.inputs + k]) * d[u * L + l];
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
        const uint32_t used = s.kernels->activate_backward({d, below.y, error, n, below.activation});
        bits = block_errors(s, error, d, n, used, bits + fixed::unit_bits);
    }
}

}  // namespace runnel::training
