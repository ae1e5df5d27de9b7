/// The layers of a fixed network on the way forward, for one sequence or, in the trainer, for L of them together:
/// arrays are [value][L]. Pre-activations have their layer's preactivation_bits.
#pragma once
#include "base/cell.hpp"
#include "kernels/fixed_kernels.hpp"
#include "tensor.hpp"

namespace runnel::fixed {

/// The functions that a step calls.
struct Runner {
    const Kernels* kernels;
    void (*wide_product)(const Product&, uint32_t& saturated);  ///< for L lanes

    /// See fixed::Product; of rows [first, first + rows).
    void product(Weights w, int32_t* y, const int16_t* x, const int32_t* bias, int first, int rows, int columns,
                 int shift, uint32_t& saturated) const {
        const size_t at = size_t(first) * size_t(columns);
        if (!w.narrow) return wide_product({y, w.wide() + at, x, bias, rows, columns, shift}, saturated);
        const auto [numbers, finer] = w.codes();
        kernels->narrow_product({y, numbers + at, x, bias, rows, columns, shift, finer ? finer + first : nullptr},
                                saturated);
    }
};

/// Numbers set to the end of their range since the start.
struct Counts {
    uint32_t preactivations, states;
};

struct Recurrent {
    Cell kind;
    Function activation, gate_function;
    bool general;   ///< stepped by step_general; set by prepare
    uint8_t gates;  ///< of the matrices
    int8_t preactivation_bits;
    int8_t input_bits, state_bits, q_bits;  ///< q: GRU's recurrent part of the candidate
    uint32_t units, inputs;
    int n;            ///< units * L
    int32_t* bias20;  ///< [bias_terms_of(kind) * units] as products need them
    int32_t* cell;    ///< LSTM: [n] cell state
    Counts saturated;

    bool hard_sigmoid() const { return gate_function == Function::hard_sigmoid; }

    uint32_t rows() const { return gates * units; }
    int input_shift(Weights w) const { return input_bits + w.bits - preactivation_bits; }
};

/// Biases and formats that follow from the parameters.
[[gnu::cold]] void prepare(Recurrent& r, Weights recurrent, const int32_t* bias, const int32_t* recurrent_bias);
/// a[rows][L] = bias20 + W x.
void input_part(const Runner& run, Recurrent& r, Weights kernel, const int16_t* x, int32_t* a);
/// The same of a one-hot input, which chooses a row of the kernel.
void one_hot_part(const Recurrent& r, Weights kernel, uint32_t row, int32_t* a);
/// One step from the input part in `a`, which has room for bias_terms_of(kind) * n numbers. `x`: the state as the
/// recurrent product reads it; `gates`: [gates + 1][n] values for the way back, or null; `reset`: gru_reset_before,
/// room for [n] states times their gates. `next` may be h.
struct CellStep {
    const int16_t* x;
    const int16_t* h;
    int16_t* next;
    int32_t* a;
    int16_t* gates;
    int16_t* reset = nullptr;
};
void step(const Runner& run, Recurrent& r, Weights recurrent, const CellStep& step);
/// Of a gated cell of any function and format; nothing is kept for the way back.
void step_general(const Runner& run, Recurrent& r, Weights recurrent, const CellStep& step);

struct Dense {
    Function activation;
    int8_t preactivation_bits, input_bits, output_bits;
    uint32_t units, inputs;
    int32_t* a;  ///< [units][L] pre-activations
    int16_t* y;  ///< [units][L] outputs; null: the last layer, whose answers come from `a`
    Counts saturated;
};

/// Formats that follow from the parameters; d.input_bits is set.
[[gnu::cold]] void prepare(Dense& d, Weights kernel, const int32_t* bias);
/// a = W x + b and, but for the last layer, y = f(a).
void step(const Kernels& kernels, Dense& d, Weights kernel, const int32_t* bias, const int16_t* x, uint32_t L);

/// The answer of lane l of the last layer: d.units numbers with answer_bits, 16 where pre-activations have the usual
/// format.
int answer_bits(const Dense& d);
void answer(const Dense& d, uint32_t L, uint32_t l, int32_t* to);

}  // namespace runnel::fixed
