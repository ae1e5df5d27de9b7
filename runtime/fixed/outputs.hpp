/// Functions of the last layer's pre-activations that answers and losses are made of. Pre-activations ("logits") and
/// what these functions give have 20 fraction bits, unless they say otherwise.
#pragma once
#include "base/fixed_tables.hpp"
#include "layers.hpp"

namespace runnel::fixed {

inline constexpr int32_t one = 1 << preactivation_bits;

/// A table's value at x, 0 <= x < entries << step_bits, with 16 fraction bits; the table falls.
template <int N> int32_t falling(const Table<N>& table, uint32_t x, int step_bits) {
    const uint32_t entry = table.entry[x >> step_bits], rest = x & ((1u << step_bits) - 1);
    return int32_t(entry >> 16) - int32_t(((entry & 0xffff) * uint64_t(rest) + (1u << (step_bits - 1))) >> step_bits);
}

/// exp(-x) with 30 fraction bits, x >= 0.
int64_t exp_of_negative(int64_t x);

/// Softmax of lane l: the largest logit and the sum of exp(a - largest) with 30 fraction bits.
struct SoftmaxSum {
    int64_t largest, sum;
    uint32_t argmax;
    int shift;  ///< from the logits' fraction bits to 20
};
SoftmaxSum softmax_sum(const Dense& d, uint32_t L, uint32_t l);
int32_t softmax_of(const SoftmaxSum& s, int32_t a);

/// Sigmoid from the table that the gates use, whose 15 bits are too coarse for 1 - p.
int32_t sigmoid_of(int32_t a);
/// Of any function but softmax; functions that do not stay within 1 keep the format of the pre-activations.
int32_t output_of(const Dense& d, int32_t a);

}  // namespace runnel::fixed
