/// What the trainer needs beside the functions of fixed mode (fixed_kernels.hpp), with their conventions: products over
/// 16 lanes, the way back, the optimizers. Errors are blocks of int16 mantissas of `error_bits` bits.
#pragma once
#include "fixed_kernels.hpp"

namespace runnel::fixed {

inline constexpr int wide_lanes = 16;

/// x[k][l] += (sum over r of w[r][k] d[r][l]) >> shift, rounded; d are errors, 0 <= shift <= 30. Within the rows given,
/// a column's sum of |w| is at most row_sum_limit.
struct TransposedProduct {
    int32_t* x;
    const int16_t* w;
    const int16_t* d;
    int rows, columns, shift;
};

/// g[r][k] = sum over steps t of s(t), where s(t) = d[t][r] x[t][k] >> shift[t], rounded. With 16 lanes, the products
/// of lanes 2j and 2j + 1 are added before the shift, and s(t) is the sum of the eight. 1 <= shift <= 30; d are errors.
/// Element (r, l) of step t lies at d[t * d_stride + r * L + l], and x likewise; shift[t] at t * shift_stride.
struct OuterSum {
    int32_t* g;
    const int16_t* d;
    const int16_t* x;
    const int8_t* shift;
    size_t d_stride, x_stride, shift_stride;
    int rows, columns, steps;
};

/// Rows of a table for 16 tokens: to[i][l] = table[tokens[l]][i].
struct GatherRows {
    const void* table;
    const uint16_t* tokens;
    void* to;
    int width;
};

/// table[tokens[l] * stride + i] += d[i][l] >> shift (negative: to the left).
struct ScatterRows {
    int32_t* table;
    const uint16_t* tokens;
    const int16_t* d;
    size_t stride;
    int width, shift;
};

/// g[r][k] += d[r] x[k] >> shift, rounded; 0 <= shift <= 30, d are errors. One lane.
struct AddOuter {
    int32_t* g;
    const int16_t* d;
    const int16_t* x;
    int rows, columns, shift;
};

/// Errors of the terms, not yet blocked: [4][n] of z (bits e + 17), r (e + 3 + q_bits), the candidate's input part
/// (e + 16) and recurrent part q (e + 16), where e are the bits of d. Returns the bits in use of each in `used`.
struct GruBackward {
    const int16_t* d;      ///< [n] error of the state after
    const int16_t* h;      ///< [n] state before
    const int16_t* gates;  ///< [4][n]
    int32_t* errors;       ///< [4][n]
    uint32_t* used;        ///< [4]
    int n;
    bool hard_sigmoid;
};

/// total[n] = cell_d * 2^(16 - cell_shift) + error of the cell through the output * 2^-output_shift: see
/// training_lstm.hpp.
struct LstmCellError {
    const int16_t* d;                 ///< [n] error of the state after, bits e
    const int16_t* cell_d;            ///< [n] error of the cell state after, bits ec
    const int16_t* gates;             ///< [5][n]
    int32_t* total;                   ///< [n]
    int n, output_shift, cell_shift;  ///< from e + 16 and ec + 16 to the bits of `total`, 1..30
};

/// Errors [5][n] of i (e + 17), f (e + 2 + bits of `cell`), candidate (e + 16), where e are the bits of `cell_d`,
/// o (eo + 17, eo those of d) and the cell state before (e + 15).
struct LstmBackward {
    const int16_t* d;
    const int16_t* cell_d;  ///< [n] error of the cell state after, complete
    const int16_t* gates;   ///< [5][n]
    const int16_t* cell;    ///< [n] cell state before, as a block
    int32_t* errors;
    uint32_t* used;  ///< [5]
    int n;
    bool hard_sigmoid;
};

/// errors[i] = d[i] f'(y[i]) with 15 more bits than d; returns the bits in use.
struct ActivateBackward {
    const int16_t* d;
    const int16_t* y;
    int32_t* errors;
    int n;
    Function function;
};

/// to[i] = d[i] gate[i] >> shift, rounded; 1 <= shift <= 30.
struct Carry {
    int32_t* to;
    const int16_t* d;
    const int16_t* gate;
    int n, shift;
};

enum class Rule : uint8_t { sgd, rmsprop, adam };

/// One optimizer step on n numbers. Gradients are at most 2^30 in magnitude; in here they become means over the batch
/// with 26 fraction bits, within number_limit as momenta and biases are.
struct Update {
    int16_t* weights;  ///< or null
    int32_t* biases;   ///< where weights is null
    const int32_t* gradient;
    int32_t* momentum;  ///< SGD's velocity or Adam's first moment, 26 fraction bits; may be null otherwise
    uint16_t* moment;   ///< second moment as minifloat (training_update.hpp); may be null with SGD
    int n;
    int gradient_shift;        ///< from gradient * factor / 2^16 to 26 bits
    int32_t gradient_factor;   ///< in [2^14, 2^15): 1 / batch, clipping
    int32_t clip;              ///< of each element, 26 fraction bits
    int32_t momentum_factor;   ///< 15 fraction bits: SGD's momentum, Adam's beta_1
    int32_t moment_factor;     ///< 16 fraction bits: 1 - rho or 1 - beta_2
    int32_t epsilon_mantissa;  ///< of epsilon^2 in units of the moment, in [1, 2^29]: mantissa * 2^exponent
    int epsilon_exponent;
    int32_t rate;    ///< learning rate's mantissa in [2^14, 2^15)
    int rate_shift;  ///< from ratio * rate (SGD: momentum * rate / 2^16) to a weight with 16 more bits
    uint32_t rounding_key, moment_key, index;  ///< random numbers of weight i: index + i
    Rule rule;
    int32_t* largest;  ///< raised to the largest magnitude of the new weights
    uint32_t* saturated;
};

/// Those functions of the way back that depend on the number of lanes.
struct LaneKernels {
    void (*transposed_product)(const TransposedProduct&);
    void (*outer_sum)(const OuterSum&);
};

struct TrainingKernels {
    void (*wide_product)(const Product&, uint32_t& saturated);  ///< 16 lanes
    LaneKernels one, sixteen;
    void (*gather_rows32)(const GatherRows&);
    void (*gather_rows16)(const GatherRows&);
    void (*scatter_rows)(const ScatterRows&);
    void (*add_outer)(const AddOuter&);
    void (*gru_backward)(const GruBackward&);
    void (*lstm_cell_error)(const LstmCellError&);
    void (*lstm_backward)(const LstmBackward&);
    uint32_t (*activate_backward)(const ActivateBackward&);
    void (*carry)(const Carry&);
    /// Or of x ^ (x >> 31).
    uint32_t (*used_bits)(const int32_t* x, int n);
    /// y[i] = x[i] >> shift (negative: to the left), rounded, |y| <= 32767.
    void (*block)(const int32_t* x, int16_t* y, int n, int shift);
    void (*update)(const Update&);
};

/// Those of the instruction set that `forward` is of.
const TrainingKernels& training_kernels(const Kernels& forward) noexcept;

}  // namespace runnel::fixed
