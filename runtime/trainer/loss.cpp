/// Losses in integers. Pre-activations ("logits") have 20 fraction bits, losses 20, errors 20 before they become a
/// block.
#include "fixed/outputs.hpp"
#include "layers.hpp"

namespace runnel::training {
namespace {

using fixed::one;

/// log(1 + exp(a)) with 20 fraction bits.
int64_t softplus(int32_t a) {
    const int64_t size = fixed::magnitude<int64_t>(a);
    const int64_t tail =
        size >= 16 * int64_t(one) ? 0 : int64_t(fixed::falling(fixed::softplus_table, uint32_t(size), 15)) << 4;
    return (a > 0 ? a : 0) + tail;
}

/// log(x / 2^30) with 20 fraction bits, x >= 2^30.
int64_t log_of(int64_t x) {
    const int top = fixed::bit_length_wide(uint64_t(x)) - 1;
    const uint32_t rest = uint32_t((top >= 20 ? x >> (top - 20) : x << (20 - top)) & (one - 1));
    const uint32_t entry = fixed::log2_table.entry[rest >> 12];
    const int64_t fraction = int64_t(entry >> 16) * 16 + (((entry & 0xffff) * (rest & 4095)) >> 8);
    return ((int64_t(top - 30) * one + fraction) * 726817) >> 20;  // log(2)
}

/// Its derivative there, 20 fraction bits, from output y.
int64_t slope_of(const DenseLayer& d, int32_t y) {
    switch (d.activation) {
    case runnel::Function::sigmoid:
        return (int64_t(y) * (one - y)) >> 20;
    case runnel::Function::tanh:
        return one - ((int64_t(y) * y) >> 20);
    case runnel::Function::relu:
        return y > 0 ? one : 0;
    case runnel::Function::hard_sigmoid:
        return y > 0 && y < one ? one / 5 : 0;
    default:
        return one;
    }
}

/// One lane's loss; `error` [units], at stride L, gets d loss / d a with 20 fraction bits.
void lane_loss(const State& s, uint32_t l, const int32_t* targets, size_t sequence, Result& result, int32_t* error) {
    const DenseLayer& d = s.last();
    const uint32_t L = uint32_t(s.L);
    if (s.loss == Loss::binary_crossentropy) {
        for (uint32_t u = 0; u < d.units; ++u) {
            const int32_t a = d.a[u * L + l], y = targets[sequence * d.units + u] * 16;
            // y log(1 + exp(-a)) + (1 - y) log(1 + exp(a)), averaged over the outputs
            result.loss += (softplus(a) - ((int64_t(y) * a) >> 20)) / d.units;
            result.correct += d.units == 1 && (a >= 0) == (y >= one / 2);
            error[u * L + l] = (fixed::sigmoid_of(a) - y) / int32_t(d.units);
        }
    } else if (s.loss == Loss::mean_squared_error) {
        int64_t squares = 0;
        for (uint32_t u = 0; u < d.units; ++u) {
            const int32_t y = fixed::output_of(d, d.a[u * L + l]);
            const int64_t miss = int64_t(y) - int64_t(targets[sequence * d.units + u]) * 16;
            const int64_t near = fixed::clamp<int64_t>(miss, -(int64_t(1) << 31), int64_t(1) << 31);
            squares += (near * near) >> 20;
            error[u * L + l] = fixed::saturate32((2 * near / d.units * slope_of(d, y)) >> 20);
        }
        result.loss += squares / d.units;
    } else {
        const fixed::SoftmaxSum sums = fixed::softmax_sum(d, L, l);
        const bool sparse = s.loss == Loss::sparse_categorical_crossentropy;
        int64_t loss = 0;
        uint32_t wanted = 0;
        int32_t largest = -1;
        for (uint32_t u = 0; u < d.units; ++u) {
            const int32_t a = d.a[u * L + l];
            const int32_t y =
                sparse ? (uint32_t(targets[sequence]) == u ? one : 0) : targets[sequence * d.units + u] * 16;
            if (y > largest) {
                largest = y;
                wanted = u;
            }
            if (y) loss += (int64_t(y) * ((sums.largest - a) + log_of(sums.sum))) >> 20;
            error[u * L + l] = fixed::softmax_of(sums, a) - y;
        }
        result.loss += loss;
        result.correct += wanted == sums.argmax;
    }
    ++result.count;
}

}  // namespace

int loss_of(State& s, const Group& g, Result& result, bool training) {
    const uint32_t n = s.last().units * uint32_t(s.L);
    int32_t* error = s.scratch.input_error;
    __builtin_memset(error, 0, n * sizeof *error);
    for (uint32_t l = 0; l < g.used; ++l) lane_loss(s, l, g.batch.targets, g.sequence(l), result, error);
    if (!training) return fixed::zero_block;
    return block_errors(s, error, s.scratch.d, int(n), s.kernels->used_bits(error, int(n)), fixed::preactivation_bits);
}

void answers_of(State& s, const Group& g, int32_t* to) {
    for (uint32_t l = 0; l < g.used; ++l) fixed::answer(s.last(), uint32_t(s.L), l, to + l * size_t(s.last().units));
}

}  // namespace runnel::training
