#include "outputs.hpp"

#include "functions.hpp"

namespace runnel::fixed {
namespace {

/// exp(a - largest) with 30 fraction bits; what is 1024 or more below is 0.
int64_t exp_below(const SoftmaxSum& s, int32_t a) {
    return exp_of_negative(smaller<int64_t>((s.largest - a) * (int64_t(1) << s.shift), 1 << 30));
}

}  // namespace

int64_t exp_of_negative(int64_t x) {
    const int64_t twos = (x * 1512775) >> 20;  // x / log(2), 20 fraction bits
    const int64_t whole = twos >> 20;
    return whole > 30 ? 0 : (int64_t(falling(exp2_table, uint32_t(twos & (one - 1)), 12)) << 14) >> whole;
}

SoftmaxSum softmax_sum(const Dense& d, uint32_t L, uint32_t l) {
    SoftmaxSum s = {d.a[l], 0, 0, preactivation_bits - d.preactivation_bits};
    for (uint32_t u = 1; u < d.units; ++u)
        if (d.a[u * L + l] > s.largest) s.largest = d.a[u * L + l], s.argmax = u;
    for (uint32_t u = 0; u < d.units; ++u) s.sum += exp_below(s, d.a[u * L + l]);
    return s;
}
int32_t softmax_of(const SoftmaxSum& s, int32_t a) { return int32_t((exp_below(s, a) << 20) / s.sum); }

int32_t sigmoid_of(int32_t a) {
    const int64_t size = magnitude<int64_t>(a);
    const int64_t small = exp_of_negative(size);
    const int32_t p = int32_t((int64_t(1) << 50) / ((int64_t(1) << 30) + small));  // of |a|
    return a < 0 ? one - p : p;
}

int32_t output_of(const Dense& d, int32_t a) {
    switch (d.activation) {
    case Function::sigmoid:
        return sigmoid_of(preactivation_of(a, d.preactivation_bits));
    case Function::tanh:
        return clamp(2 * sigmoid_of(clamp(preactivation_of(a, d.preactivation_bits), -(1 << 29), 1 << 29) * 2) - one,
                     -one, one);
    case Function::relu:
        return a > 0 ? a : 0;
    case Function::hard_sigmoid:
        return int32_t(clamp<int64_t>(int64_t(preactivation_of(a, d.preactivation_bits)) / 5 + one / 2, 0, one));
    case Function::hard_sigmoid_keras3:
        return hard_sigmoid_keras3_of(preactivation_of(a, d.preactivation_bits));
    case Function::silu:
        return silu_of(a, d.preactivation_bits);
    default:
        return a;
    }
}

int answer_bits(const Dense& d) {
    const bool bounded = stays_within_one(d.activation) || d.activation == Function::softmax;
    return (bounded ? preactivation_bits : d.preactivation_bits) - 4;
}

void answer(const Dense& d, uint32_t L, uint32_t l, int32_t* to) {
    const bool softmax = d.activation == Function::softmax;
    const SoftmaxSum sums = softmax ? softmax_sum(d, L, l) : SoftmaxSum{};
    for (uint32_t u = 0; u < d.units; ++u) {
        const int32_t a = d.a[u * L + l];
        to[u] = int32_t(round_shift_wide(softmax ? softmax_of(sums, a) : output_of(d, a), 4));
    }
}

}  // namespace runnel::fixed
