/// Runnel's trainer: learns recurrent networks through time in integers, in the caller's memory.
///
///     runnel::training::Layer layers[] = {embedding(500, 16), gru(8), dense(1, Function::sigmoid)};
///     runnel::training::Specification spec = {.layers = layers, .layer_count = 3, .batch = 64, .steps = 100, ...};
///     size_t bytes;
///     auto status = runnel::training::Trainer::bytes(spec, bytes);
///     status = runnel::training::Trainer::create(spec, block, bytes, trainer);
///     status = trainer->train(batch, result);
///
/// Its forward pass is the fixed mode: what is trained is what runs. No floating point, heap, exception or system call.
/// The same specification, parameters and batches give the same bits on every machine. Needs freestanding C headers
/// only.
///
/// Threads: one at a time a trainer; different trainers need no lock. Lifetimes: the block outlives the trainer, which
/// keeps no pointer to anything else that it was given (but see restrict_rows). Nothing needs to be destroyed.
/// A specification, its batches and patches are verified; pointers and the sizes of arrays are the program's own and
/// are believed.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "runnel/constants.h"

#pragma GCC visibility push(default)
namespace runnel::training {

enum class Status : uint8_t {
    ok = 0,
    /// not [embedding | one_hot | features], simple_rnn | gru | lstm ..., dense ...; or more than RUNNEL_MAX_LAYERS of
    /// them (features and one_hot are none)
    wrong_layers,
    wrong_size,       ///< a size of 0, or beyond what this build can index: of a layer, a batch, a sequence
    wrong_function,   ///< an activation that this layer or loss cannot have
    wrong_dropout,    ///< not below 0.75, on a one_hot input, or of each step elsewhere than between recurrent layers
    wrong_rate,       ///< learning rate 0 (C: or momentum or decay beyond 16 bits)
    wrong_loss,       ///< no such loss, or it does not fit the last layer
    block_too_small,  ///< the caller's block is null or smaller than asked for
    misaligned,       ///< the block does not lie at a multiple of 64
    unknown_isa,      ///< no such instruction set, or this CPU lacks it
    wrong_batch,      ///< more sequences or steps than specified, none, or without tokens, features or targets
    token_out_of_range,
    target_out_of_range,
    damaged_patch,    ///< truncated, changed, or with tensors that this network does not have
    foreign_patch,    ///< of another model
    wrong_tensor,     ///< no such tensor, or fraction bits outside 6..24
    not_begun,        ///< a step without begin(), of another kind of input, or of a trainer for many sequences
    wrong_state,      ///< a saved state that no sequence can have
    wrong_optimizer,  ///< no such optimizer
    wrong_scope,      ///< no such scope
    wrong_bits,       ///< weight_bits neither 16 nor 8, or state_bits outside 0..15
    wrong_struct,     ///< C only: struct_size is of no structure that this library knows
    not_fixed,        ///< fixed_model.hpp: a model without fixed weights, or not loaded
};
/// One English sentence without the final stop. Never null.
const char* message(Status status) noexcept;

enum class Kind : uint8_t { embedding, one_hot, features, simple_rnn, gru, lstm, dense };
enum class Function : uint8_t { linear, tanh, sigmoid, relu, hard_sigmoid, softmax = 6 };
enum class Loss : uint8_t {
    binary_crossentropy,
    sparse_categorical_crossentropy,
    categorical_crossentropy,
    mean_squared_error
};
enum class Optimizer : uint8_t { sgd, rmsprop, adam };
/// What an update changes: everything; the Dense layers; all biases; the embedding's rows of the tokens seen; nothing:
/// a network that only runs, of any activations and without memory for training.
enum class Scope : uint8_t { all, head, biases, rows, none };

struct Layer {
    Kind kind;
    uint32_t units;                        ///< embedding: width of a row; features: values a step; one_hot: not used
    uint32_t tokens = 0;                   ///< embedding and one_hot: ids are 0 .. tokens-1, at most 65536 of them
    Function activation = Function::tanh;  ///< gru and lstm: tanh; simple_rnn: any but softmax
    Function recurrent_activation = Function::sigmoid;  ///< gru and lstm: sigmoid or hard_sigmoid
    bool mask_zero = false;                             ///< embedding: token 0 changes nothing
    int8_t state_bits = 11;          ///< fraction bits of features, and of the state of a relu or linear simple_rnn
    uint16_t dropout = 0;            ///< share of the layer's inputs, 16 fraction bits; one mask a sequence, as Keras
    uint16_t recurrent_dropout = 0;  ///< likewise of the state that enters the recurrent product
    /// Recurrent layers behind another: `dropout` draws its mask for each step anew (Keras' Dropout layer between
    /// them).
    bool dropout_each_step = false;
};
constexpr Layer embedding(uint32_t tokens, uint32_t width, bool mask_zero = false) {
    return {.kind = Kind::embedding, .units = width, .tokens = tokens, .mask_zero = mask_zero};
}
constexpr Layer one_hot(uint32_t tokens) { return {.kind = Kind::one_hot, .units = tokens, .tokens = tokens}; }
constexpr Layer features(uint32_t count, int8_t fraction_bits) {
    return {.kind = Kind::features, .units = count, .state_bits = fraction_bits};
}
constexpr Layer simple_rnn(uint32_t units) { return {.kind = Kind::simple_rnn, .units = units}; }
constexpr Layer gru(uint32_t units) { return {.kind = Kind::gru, .units = units}; }
constexpr Layer lstm(uint32_t units) { return {.kind = Kind::lstm, .units = units}; }
constexpr Layer dense(uint32_t units, Function f) { return {.kind = Kind::dense, .units = units, .activation = f}; }

/// A real constant as an integer with `bits` fraction bits, computed by the compiler.
template <int bits> constexpr uint32_t fraction(double x) { return uint32_t(x * double(1u << bits) + 0.5); }

struct Specification {
    const Layer* layers;    ///< read by bytes() and create() only
    uint32_t layer_count;   ///< 3 to RUNNEL_MAX_LAYERS, and the input where it is no embedding
    uint32_t batch = 1;     ///< most sequences of a batch
    uint32_t steps = 1;     ///< most time steps of a sequence
    uint32_t truncate = 0;  ///< errors go back this many steps; 0: all
    Loss loss = Loss::binary_crossentropy;
    Optimizer optimizer = Optimizer::rmsprop;
    Scope scope = Scope::all;
    uint32_t learning_rate = 268435;  ///< 28 fraction bits: below 16 (default: 0.001)
    uint16_t momentum = 0;            ///< SGD's momentum or Adam's beta_1, 15 fraction bits
    uint16_t decay = 6554;            ///< 1 - rho of RMSprop or 1 - beta_2 of Adam, 16 fraction bits
    uint32_t epsilon = 107;           ///< 30 fraction bits (1e-7)
    uint32_t clip_value = 0;          ///< bound on each mean gradient, 20 fraction bits; 0: 16
    uint32_t clip_norm = 0;           ///< bound on the norm of all mean gradients, 20 fraction bits; 0: none
    uint8_t weight_bits = 16;         ///< 16, or 8: products see the weights rounded to an int8 grid
    uint32_t seed = 1;                ///< of dropout and stochastic rounding
    const char* isa = nullptr;        ///< instruction set; null: the best of this CPU
};

/// Sequences [count][steps], first step first.
struct Batch {
    const uint16_t* tokens = nullptr;   ///< embedding and one_hot
    const int16_t* features = nullptr;  ///< [count][steps][features]
    /// [count][outputs] with 16 fraction bits; sparse_categorical_crossentropy: [count] classes. Null for predict.
    const int32_t* targets = nullptr;
    const uint32_t* order = nullptr;  ///< sequence i is number order[i] of the arrays; null: i
    uint32_t count = 0;
    uint32_t steps = 0;
};

struct Result {
    int64_t loss = 0;      ///< sum over the sequences, 20 fraction bits
    uint32_t count = 0;    ///< sequences
    uint32_t correct = 0;  ///< of the classification losses: answers on the target's side
};

/// What left its range since create(), in numbers saturated.
struct Saturations {
    uint32_t preactivations, states, weights;
};

/// A parameter tensor, row-major: [outputs][inputs], embedding and one_hot's kernel [tokens][outputs]. Gates are in
/// Keras' order. Weights are int16 with `bits` fraction bits, biases int32 with 26.
struct Parameter {
    const char* name;  ///< "embeddings", "kernel", "recurrent_kernel", "bias", "recurrent_bias" (GRU)
    uint32_t layer;    ///< index in Specification::layers
    uint32_t rows, columns;
    int bits;
    const int16_t* weights;  ///< null for biases
    const int32_t* biases;
};

/// New words that a patch carries: of tokens that the model has, but no word for.
struct Words {
    uint32_t first_token = 0;    ///< of the first word; the others' follow
    uint32_t bytes = 0;          ///< of `text`
    const char* text = nullptr;  ///< UTF-8, each word ended by a zero
};

/// What a patch says of itself.
struct PatchInfo {
    uint8_t model[32];  ///< hash of the model's file
    uint32_t step, seed;
    uint32_t entries;  ///< runs of rows, and the words
    Words words;       ///< in the patch
};
/// Checks that the patch is whole; whether it fits a network is for Trainer::apply_patch to say.
[[nodiscard]] Status read_patch(const void* patch, size_t size, PatchInfo& info) noexcept;
/// The hash that ties a patch to its model: SHA-256 of the whole file.
void hash_model(const void* file, size_t size, uint8_t (&model)[32]) noexcept;

/// It lives where it was created: it can be neither copied nor moved nor deleted.
class Trainer {
public:
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Size of the block: all that the trainer will ever need, itself included. 0 on an error, which are those of the
    /// specification: wrong_layers to wrong_loss, wrong_optimizer to wrong_bits.
    [[nodiscard]] static Status bytes(const Specification& spec, size_t& bytes) noexcept;
    /// Builds a trainer with zero parameters in `block`, at a multiple of 64 and kept by the caller. `trainer` is null
    /// on an error: those of bytes(), misaligned, block_too_small, unknown_isa.
    [[nodiscard]] static Status create(const Specification& spec, void* block, size_t size, Trainer*& trainer) noexcept;

    /// One update from one batch; `result` is that of the parameters before. On an error no parameter has changed:
    /// wrong_batch, token_out_of_range, target_out_of_range, also of the two below.
    [[nodiscard]] Status train(const Batch& batch, Result& result) noexcept;
    /// Loss and accuracy without an update (and without dropout); adds to `result`. Any count.
    [[nodiscard]] Status evaluate(const Batch& batch, Result& result) noexcept;
    /// answers[count][outputs] with 16 fraction bits. Any count.
    [[nodiscard]] Status predict(const Batch& batch, int32_t* answers) noexcept;

    /// One sequence, a step at a time; the trainer's batch is 1. Starts in zero state, with the parameters as they are
    /// now; all of the above, and setting parameters, end the sequence.
    [[nodiscard]] Status begin() noexcept;
    [[nodiscard]] Status advance(uint32_t token) noexcept;
    /// `values`: as many as the features layer has.
    [[nodiscard]] Status advance(const int16_t* values) noexcept;
    /// The answer to the steps since begin(): outputs() numbers with 16 fraction bits, as predict() gives it.
    void answer(int32_t* to) noexcept;
    /// The sequence's state, to go on from it later or in another trainer of the same network and parameters.
    size_t state_bytes() const noexcept;
    void save_state(void* to) const noexcept;
    /// Between begin() and the next of the above. Checks all of it before it changes anything.
    [[nodiscard]] Status restore_state(const void* from) noexcept;

    /// Number of parameter tensors, and one of them, valid until the parameters change; beyond: no rows, no numbers,
    /// "".
    uint32_t parameters() const noexcept;
    Parameter parameter(uint32_t index) const noexcept;
    /// Sets a tensor of weights (`bits` 6..24 of fraction) or of biases. A weight matrix whose rows could overflow the
    /// accumulators is halved until they cannot, its bits reduced likewise. Errors: wrong_tensor.
    [[nodiscard]] Status set_weights(uint32_t index, const int16_t* values, int bits) noexcept;
    /// The same from int8 with `bits` fraction bits, -1..17, and in row r finer[r] more, 0..7: rows then keep int8
    /// grids of their own, where else the tensor has one.
    [[nodiscard]] Status set_weights(uint32_t index, const int8_t* values, int bits,
                                     const uint8_t* finer = nullptr) noexcept;
    [[nodiscard]] Status set_biases(uint32_t index, const int32_t* values) noexcept;

    /// All parameters as one block of bytes, to keep the best so far.
    size_t saved_bytes() const noexcept;
    void save(void* to) const noexcept;
    void restore(const void* from) noexcept;

    /// The patch: all rows and tensors that differ from `saved` (as save() wrote them when the model was loaded), with
    /// the model's hash, words, step, seed and a checksum. `to` takes patch_bytes(saved, words) bytes, else
    /// block_too_small. Applying one checks all of it before it changes anything: damaged_patch, foreign_patch.
    size_t patch_bytes(const void* saved, const Words& words = {}) const noexcept;
    [[nodiscard]] Status write_patch(const void* saved, const uint8_t (&model)[32], void* to, size_t size,
                                     const Words& words = {}) const noexcept;
    [[nodiscard]] Status apply_patch(const void* patch, size_t size, const uint8_t (&model)[32]) noexcept;

    /// Rows of a tensor that a patch, which apply_patch took, changes.
    uint32_t patched_rows(const void* patch, uint32_t tensor) const noexcept;

    /// Scope::rows: only the rows of these tokens are updated (a byte per token, not 0: yes); null: of all tokens seen.
    /// The array must outlive its use.
    void restrict_rows(const uint8_t* tokens) noexcept;
    /// 28 fraction bits, above 0, else wrong_rate.
    [[nodiscard]] Status set_learning_rate(uint32_t rate) noexcept;

    Saturations saturations() const noexcept;
    /// Those of one layer of Specification::layers; beyond: none.
    Saturations saturations(uint32_t layer) const noexcept;
    uint32_t step() const noexcept;  ///< updates made
    uint32_t outputs() const noexcept;
    const char* isa() const noexcept;

protected:
    Trainer() = default;
    ~Trainer() = default;
};

}  // namespace runnel::training
#pragma GCC visibility pop
