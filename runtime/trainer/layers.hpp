/// The trainer's parts, from the input to the update. Each works on one group of L sequences.
#pragma once
#include "state.hpp"

namespace runnel::training {

/// L sequences of a batch: numbers first .. first + used - 1; the lanes behind them are idle.
struct Group {
    const Batch& batch;
    uint32_t first, used;

    size_t sequence(uint32_t lane) const { return batch.order ? batch.order[first + lane] : first + lane; }
    uint32_t token(uint32_t lane, uint32_t step) const {
        return lane < used ? batch.tokens[sequence(lane) * batch.steps + step] : 0;
    }
};

// ---- tensor.cpp

/// Halves the tensor until neither a product nor a row's number can overflow, then renews what is derived from it.
void fit(State& s, Tensor& t);
/// The derived copies (grid, scaled) of `count` weights from `first` on, which are whole rows.
void derive(const State& s, Tensor& t, size_t first, size_t count);
/// What products read: in training with dropout, the scaled copy.
inline Weights weights_of(const Tensor& t, bool training) {
    if (training && t.scaled) return {t.scaled, t.scaled_bits, false};
    return {t.grid, t.bits, false};
}
/// The sum over steps of numbers that are below 1 with the steps' bits is below 2^growth with `bits`, the least of
/// them.
struct SumBound {
    int bits, growth;
};
SumBound bound_sum(const int8_t* bits, size_t stride, uint32_t steps);
/// The errors of `steps` steps whose products with inputs are to be summed, with s.scratch.shift set so that the sum
/// over steps and lanes stays within 2^30. The sum of products with inputs of x bits has `bits` + x; zero_block: only
/// zeros.
struct ErrorSum {
    const int16_t* d;
    size_t d_stride;
    uint32_t steps;
    int bits;
};
ErrorSum plan_sum(const State& s, const int16_t* d, size_t d_stride, const int8_t* bits, size_t bits_stride,
                  uint32_t steps);
/// Adds the outer products of errors and inputs, summed over the steps, to the gradient of one gate's rows, if trained.
void add_gradient(State& s, Tensor& t, int gate, const ErrorSum& e, const int16_t* x, size_t x_stride, int x_bits);
/// Where two tensors of one shape have the same gradient at one gate's rows: takes it over.
void copy_gradient(Tensor& to, const Tensor& from, int gate);

// ---- parameters.cpp

/// A tensor as Trainer::save writes it: this, then its numbers, padded to a multiple of 4 bytes.
struct SavedHeader {
    int32_t bits, magnitude;
};
size_t saved_number_bytes(const Tensor& t);
/// Takes the weights as they are to have `bits`, and renews what is derived from them.
void set_format(State& s, Tensor& t, int bits);
/// The same with a magnitude that is known: in the scope `rows` it is that of the model, which single rows may exceed.
void set_format(State& s, Tensor& t, SavedHeader format);

// ---- dropout.cpp

/// Draws the masks of a group, but for those of each step.
void draw_masks(State& s, const Group& g);
/// Draws the latter for one of its steps: the same on the way forward and back.
void draw_step_masks(State& s, const Group& g, uint32_t step);
void apply_mask(int16_t* to, const int16_t* from, const int16_t* mask, size_t n);

// ---- input.cpp

/// Marks the batch's tokens and projects them where the path says so.
void prepare_input(State& s, const Batch& batch, bool training);
/// The first layer's pre-activations without the recurrent part, into s.scratch.a.
void input_forward(State& s, const Group& g, uint32_t step, uint32_t slot, bool training);
/// The tokens of one step, into s.input.step_tokens.
void load_tokens(State& s, const Group& g, uint32_t step);
/// Whether any lane is masked; lane_mask[l] is then 0 for a lane whose token is 0, else -1.
bool mask_lanes(const State& s, int16_t* lane_mask);
/// After the way back through `kept` steps: adds the errors to the tokens' rows (16 lanes).
void input_backward(State& s, const Group& g, uint32_t kept);
/// Calls f for every row of the table that the batch touched and may change, with the row's gradient, of that many
/// bits; completes the gradient of the kernel on the way.
using RowVisitor = void (*)(State& s, uint32_t token, const int32_t* gradient, int bits, void* context);
void visit_row_gradients(State& s, const Batch& batch, RowVisitor f, void* context);

// ---- recurrent.cpp and a file per cell

/// The input part of an upper layer's pre-activations, into s.scratch.a.
void upper_input_forward(State& s, RecurrentLayer& r, uint32_t slot, bool training);
/// Fraction bits of the sum of W^T d over the gates, with room for the sum: at most `limit` - 3.
int product_bits(const int8_t* error_bits, const uint8_t* block, int gates, int weight_bits, int limit);
/// to += W^T d over the gates.
void add_transposed(State& s, Weights w, const RecurrentLayer& r, const int16_t* errors, const int8_t* error_bits,
                    const uint8_t* block, int columns, int32_t* to, int to_bits);
/// One block of int32: to mantissas; returns their bits.
int8_t block_errors(const State& s, const int32_t* errors, int16_t* to, int n, uint32_t used, int bits);
inline constexpr uint8_t kernel_blocks[runnel::max_gates] = {0, 1, 2, 3};

/// One step: from the state in `slot` to the one in slot + 1. The first layer's input part is in s.scratch.a.
void recurrent_forward(State& s, RecurrentLayer& r, uint32_t slot, bool training, const int16_t* lane_mask);
/// One step back: r.error is that of the state in slot + 1 and becomes that of the state in `slot`; errors of the
/// inputs are added to the layer below.
void recurrent_backward(State& s, RecurrentLayer& r, uint32_t slot, const int16_t* lane_mask);
/// The gradients of the layer's matrices and biases from the errors of `kept` steps.
void recurrent_gradients(State& s, RecurrentLayer& r, uint32_t kept);

/// The errors of one step's pre-activations, before blocking, and what the cell passes on.
struct CellErrors {
    uint32_t used[5];
    int bits[5];
};
CellErrors gru_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits);
CellErrors lstm_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits, const int16_t* lane_mask);
CellErrors simple_rnn_backward_step(State& s, RecurrentLayer& r, uint32_t slot, int d_bits);

// ---- dense.cpp

/// y = f(W x + b) for all Dense layers; the last one's pre-activations stay in its `a`.
void dense_forward(State& s, const int16_t* state, bool training);
/// From the error of the last layer's pre-activations, blocked in s.scratch.d with `bits`, to the gradients and, where
/// layers below learn, to top().error.
void dense_backward(State& s, int bits);

// ---- forward.cpp

/// Renews what follows from the parameters. Ends a sequence that went on step by step.
void prepare(State& s, bool training);
/// Slot 0 to zero state.
void clear_states(State& s);
/// One step through the input and all recurrent layers, from the state in `slot` to the one in slot + 1.
void step_forward(State& s, const Group& g, uint32_t step, uint32_t slot, bool training);
/// The state in slot 1 goes back to slot 0.
void return_states(State& s);
/// Runs a group through all layers from zero state; keeps the last `kept` steps for the way back.
void forward(State& s, const Group& g, uint32_t kept, bool training);

// ---- loss.cpp

/// Adds the group's losses to `result`; in training also leaves the error of the last pre-activations in s.scratch.d
/// and returns its bits.
int loss_of(State& s, const Group& g, Result& result, bool training);
/// The answers of a group with 16 fraction bits, [used][units].
void answers_of(State& s, const Group& g, int32_t* to);

// ---- optimizer.cpp

void update_parameters(State& s, const Batch& batch);

}  // namespace runnel::training
