/// The functions of fixed mode, one table an instruction set; every table computes the same bits. Integers only, no
/// state, no allocation.
///
/// Sequences go through the layers in L lanes, 1 or, in the trainer, 16: an array [n][L] holds n values of each. "Flat"
/// arrays are [units][L] seen as one array of units * L values. Formats ("bits": fraction bits) are those of
/// base/fixed.hpp.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/activation.hpp"

namespace runnel::fixed {

/// y[r][l] = bias[r] + s or y[r][l] += s (bias null), with s = sum over k of w[r][k] x[k][l], shifted right by `shift`.
/// A row's sum of |w| is at most row_sum_limit. With shift < 2, s saturates at part_limit.
template <class W> struct ProductOf {
    int32_t* y;
    const W* w;  ///< int16_t or int8_t
    const int16_t* x;
    const int32_t* bias;
    int rows, columns, shift;
    const uint8_t* finer = nullptr;  ///< int8_t: [rows] by how much more each row is shifted; null: none is
};
using Product = ProductOf<int16_t>;
using NarrowProduct = ProductOf<int8_t>;

/// One step of GRU(reset_after=True), flat: n = units * L.
struct GruForward {
    const int32_t* a;  ///< [3][n] pre-activations: z and r complete, the candidate's input part
    const int32_t* q;  ///< [n] recurrent part of the candidate with q_bits, within int16
    const int16_t* h;  ///< [n] state before
    int16_t* next;     ///< [n] state after; may be h
    int16_t* gates;    ///< [4][n] z, r, candidate, q: for the way back; may be null
    int n, q_bits;
    bool hard_sigmoid;
};

/// One step of LSTM, flat. The cell state has preactivation_bits and saturates at +-128; `saturated` counts.
struct LstmForward {
    const int32_t* a;  ///< [4][n] pre-activations: i f c o
    int32_t* cell;     ///< [n] in place
    int16_t* next;     ///< [n] state after
    int16_t* gates;    ///< [5][n] i, f, candidate, o, tanh(cell): for the way back; may be null
    uint32_t* saturated;
    int n;
    bool hard_sigmoid;
};

/// y = f(a): from preactivation_bits to y_bits (tanh and sigmoids: unit_bits), saturating at int16 and counting. Any
/// function of fixed::has_function but softmax.
struct Activate {
    const int32_t* a;
    int16_t* y;
    uint32_t* saturated;
    int n, y_bits;
    Function function;
};

struct Kernels {
    const char* name;
    /// One lane.
    void (*product)(const Product&, uint32_t& saturated);
    /// Null where vectors have to widen int8 weights, so that the same numbers in int16 cost less time.
    void (*narrow_product)(const NarrowProduct&, uint32_t& saturated);
    void (*gru_forward)(const GruForward&);
    void (*lstm_forward)(const LstmForward&);
    void (*activate)(const Activate&);
};

/// As runnel::find_kernels (kernels.hpp).
const Kernels* find_kernels(const char* name, bool& known) noexcept;

}  // namespace runnel::fixed
