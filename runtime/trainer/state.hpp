/// What a trainer is made of. All pointers lead into the caller's block; trainer/plan.cpp lays it out.
///
/// L lanes (1 for a batch of 1, else 16) go through the network together; arrays are [time slot][value][L].
#pragma once
#include "base/fixed_random.hpp"
#include "fixed/layers.hpp"
#include "kernels/training_kernels.hpp"
#include "runnel/trainer.hpp"

namespace runnel::training {

using fixed::Role;
using fixed::Weights;

/// A parameter tensor with its gradient and its optimizer's memory.
struct Tensor : fixed::TensorShape {
    int16_t* weights;  ///< null: biases
    int32_t* biases;
    int16_t* grid;      ///< weights as products see them; `weights` itself with 16 bits or where nothing is trained
    int16_t* scaled;    ///< grid / (1 - dropout), with scaled_bits; null without dropout
    int32_t* gradient;  ///< null: not trained, or a row at a time
    int32_t* momentum;
    uint16_t* moment;
    int32_t magnitude;                 ///< bound on |weights|
    int16_t gradient_bits[max_gates];  ///< of each gate's rows; fixed::zero_block: none
    uint16_t gradient_scale;           ///< the gradient's factor 1 / (1 - dropout), 14 fraction bits
    int8_t scaled_bits;
    bool trained;
};

/// How the first recurrent layer gets its tokens.
enum class TokenPath : uint8_t {
    none,       ///< features
    projected,  ///< one product per token of the batch, kept in a table; the gradient likewise
    gathered,   ///< rows are gathered as inputs of the product
    single,     ///< one lane: the product reads the row
};

struct InputLayer {
    Kind kind;
    TokenPath path;
    bool mask_zero;
    int8_t bits;             ///< features' fraction bits
    uint32_t tokens, width;  ///< width: of an embedding's row, or features
    int row_error_bits;
    uint32_t saturated_weights;
    Tensor* table;          ///< embedding's rows, or the one_hot kernel's
    int32_t* projected;     ///< [tokens][rows of the kernel], preactivation_bits, biases included
    int32_t* row_error;     ///< 16 lanes: [tokens] rows of errors summed: of the pre-activations (projected) or of rows
    int32_t* row_gradient;  ///< [width]: gradient of one row at a time
    uint8_t* seen;          ///< [tokens] of this batch
    uint16_t* step_tokens;  ///< [L] tokens of a step
    const uint8_t* allowed;  ///< restrict_rows
};

/// `cell` has a copy for masked steps behind it.
struct RecurrentLayer : fixed::Recurrent {
    bool needs_input_errors;  ///< the layer below learns
    bool masks_each_step;     ///< input_mask is that of the step at hand
    uint8_t blocks;           ///< error arrays a step (GRU: 4; LSTM: 5 with tanh(c))
    int history;              ///< from a state to the next: n; without history 0
    Tensor *kernel, *recurrent, *bias, *recurrent_bias;  ///< kernel null: one_hot
    int16_t* h;     ///< [slots + 1][n]; without history a state is stepped in place, a copy for masked steps behind it
    int16_t* gate;  ///< [slots][blocks][n]: values on the way forward, errors on the way back
    int8_t* error_bits;                    ///< [slots][blocks]
    int16_t* cell_block;                   ///< LSTM: [slots + 1][n], with cell_bits; without history null
    int8_t* cell_bits;                     ///< [slots + 1]
    const int16_t* input;                  ///< [slots][inputs][L]: own array, or the h (from slot 1) of the layer below
    int16_t* own_input;                    ///< features, gathered rows, or dropped-out inputs; else null
    int16_t* dropped_h;                    ///< recurrent dropout: [slots][n]; else null
    int16_t *input_mask, *recurrent_mask;  ///< 0 or -1, [inputs][L] and [units][L]; null without dropout
    int32_t* error;                        ///< [n] error of the state, not yet blocked, with error_frac bits
    int16_t* d;                            ///< [n] its block
    int16_t* cell_d;                       ///< LSTM: [n] block of the cell's error
    int error_frac, cell_d_bits;
    uint32_t saturated_weights;
    uint16_t dropout, recurrent_dropout;
};

struct DenseLayer : fixed::Dense {
    uint16_t dropout;
    uint32_t saturated_weights;
    Tensor *kernel, *bias;
    const int16_t* input;  ///< [inputs][L]
    int16_t* dropped;      ///< dropout: [inputs][L]; else null
    int16_t* mask;
};

struct Scratch {
    int32_t* a;            ///< [gates + 1][n] of the largest layer: pre-activations or errors; one token's errors
    int32_t* carry;        ///< recurrent dropout: [n] error that bypasses the matrices
    int32_t* input_error;  ///< [inputs][L] error of a layer's inputs
    int32_t* gradient;     ///< one gate's rows of the largest tensor, 16 lanes only
    int16_t* d;            ///< [largest width][L]
    int8_t* shift;         ///< [slots]
    int8_t* row_bits;      ///< [slots]
    int16_t* ones;         ///< [L] of 2^14
};

struct State : Trainer {
    State() = default;

    fixed::Runner run;
    const fixed::TrainingKernels* kernels;
    const fixed::LaneKernels* lane_kernels;
    int L;
    uint32_t batch, max_steps, slots;  ///< slots: steps whose values are kept for the way back; 0: no history
    Loss loss;
    Optimizer optimizer;
    Scope scope;
    uint8_t weight_bits;
    uint8_t recurrent_count, dense_count, tensor_count;
    bool prepared;  ///< what follows from the parameters is as they are
    bool begun;     ///< slot 0 holds the state of a sequence that goes on
    uint32_t seed, update;
    int32_t rate_mantissa;
    int rate_exponent;  ///< learning rate = mantissa * 2^-(15 + exponent)
    uint16_t momentum, decay;
    int32_t epsilon_mantissa;
    int epsilon_exponent;
    int32_t clip_value;      ///< 26 fraction bits
    uint32_t clip_norm;      ///< 20 fraction bits
    uint32_t beta_power[2];  ///< Adam: beta_1^t and beta_2^t, 31 fraction bits
    InputLayer input;
    RecurrentLayer* recurrent;
    DenseLayer* dense;
    Tensor* tensors;
    Scratch scratch;

    fixed::Runner one_lane() const { return {run.kernels, run.kernels->product}; }
    const RecurrentLayer& top() const { return recurrent[recurrent_count - 1]; }
    uint32_t layer_count() const { return 1u + recurrent_count + dense_count; }
    /// Counts a layer's saturated weights, of a layer of the specification.
    uint32_t& saturated_weights(uint32_t layer) {
        if (layer == 0) return input.saturated_weights;
        return layer <= recurrent_count ? recurrent[layer - 1].saturated_weights
                                        : dense[layer - 1 - recurrent_count].saturated_weights;
    }
    /// All that was counted in it.
    Saturations saturated_in(uint32_t layer) const {
        if (layer == 0) return {0, 0, input.saturated_weights};
        const auto all = [](const auto& l) {
            return Saturations{l.saturated.preactivations, l.saturated.states, l.saturated_weights};
        };
        return layer <= recurrent_count ? all(recurrent[layer - 1]) : all(dense[layer - 1 - recurrent_count]);
    }
    DenseLayer& last() { return dense[dense_count - 1]; }
    const DenseLayer& last() const { return dense[dense_count - 1]; }
};

inline State& state_of(Trainer& t) { return static_cast<State&>(t); }
inline const State& state_of(const Trainer& t) { return static_cast<const State&>(t); }

}  // namespace runnel::training
