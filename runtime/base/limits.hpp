/// The largest networks: what is beyond them is refused wherever it comes from.
#pragma once
#include "base/activation.hpp"

namespace runnel {

/// Width of a layer: keeps every product of sizes within 64 bits.
inline constexpr uint32_t max_width = 1u << 20;

namespace fixed {

inline constexpr uint32_t max_width = 32768, max_tokens = 65536;
/// Fraction bits of int16 weights that the trainer takes; int8 weights have `narrow_bits` less of each.
inline constexpr int min_weight_bits = 6, max_weight_bits = 24, narrow_bits = 7;
/// The fewest of weights that are not to be trained.
inline constexpr int least_weight_bits = -8;
/// The fewest of pre-activations; those that are trained have fixed::preactivation_bits.
inline constexpr int least_preactivation_bits = 8;
/// Fraction bits of features and of unbounded states: 0 to this.
inline constexpr int max_number_bits = 15;
/// Largest magnitude of an int16 weight.
inline constexpr int32_t weight_limit = 29440;
/// Shares of dropout, 16 fraction bits, are below 0.75.
inline constexpr uint32_t dropout_end = 49152;

/// Functions that the trainer has; softmax as the end of a network only.
constexpr bool is_trained_function(Function f) {
    return f == Function::linear || f == Function::tanh || f == Function::sigmoid || f == Function::relu ||
           f == Function::hard_sigmoid || f == Function::softmax;
}
/// Functions that fixed networks have.
constexpr bool has_function(Function f) {
    return is_trained_function(f) || f == Function::hard_sigmoid_keras3 || f == Function::silu;
}

constexpr bool is_weight_format(int bits) { return bits >= min_weight_bits && bits <= max_weight_bits; }
constexpr bool is_narrow_format(int bits) { return is_weight_format(bits + narrow_bits); }

}  // namespace fixed
}  // namespace runnel
