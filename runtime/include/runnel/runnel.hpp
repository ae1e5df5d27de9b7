/// Runnel: recurrent networks, one step at a time, in the caller's memory.
///
///     runnel::Model model;
///     if (auto status = model.load(file, size); status != runnel::Status::ok) ...
///     runnel::Session* session;
///     status = runnel::Session::create(model, block, runnel::Session::bytes(model), session);
///     status = session->step(token);
///     float probability = session->output()[0];
///
/// Nothing here throws, allocates, prints or makes a system call. A Model is immutable after `load` and may
/// be shared by any number of threads; a Session belongs to one thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace runnel {
class Model;
const struct Plan& plan_of(const Model& model) noexcept;  // not for callers
}  // namespace runnel

#pragma GCC visibility push(default)
namespace runnel {

enum class Status : std::uint8_t {
    ok = 0,
    misaligned,            ///< the memory does not lie at a multiple of 64 bytes
    not_a_model,           ///< too short, or without the file identifier "RNL1"
    damaged,               ///< structure or checksum is wrong: the file was truncated or changed
    too_new,               ///< written in a later format version than this runtime knows
    invalid_layer,         ///< a layer contradicts itself or its neighbours: see Model::failed_layer
    too_many_layers,       ///< more than Model::max_layers
    unknown_isa,           ///< no such instruction set in this build
    unavailable_isa,       ///< this CPU lacks the instruction set
    block_too_small,       ///< the caller's block is smaller than asked for
    wrong_input,           ///< a token for a model that takes features, or the reverse
    token_out_of_range,    ///< token id >= ModelInfo::inputs
    wrong_feature_count,   ///< not ModelInfo::inputs features
    not_finite,            ///< a feature is NaN or infinite; the state is as it was
    wrong_state,           ///< the saved state is of another model, or damaged
    wrong_batch,           ///< no streams, or not one input for each of them
    not_fixed,             ///< a patch for a model whose weights are not fixed
    damaged_patch,         ///< truncated, changed, or with tensors that this model does not have
    foreign_patch,         ///< of another model
    left_out,              ///< of a number format or a cell that this build leaves out: see Model::failed_layer
};

/// One English sentence without the final stop. Never null.
const char* message(Status status) noexcept;

struct ModelInfo {
    bool takes_tokens;          ///< the first layer is an embedding, or a fixed model's one-hot input
    std::uint32_t inputs;       ///< tokens: ids are 0 .. inputs-1; features: values per step
    std::uint32_t outputs;      ///< values per answer
    bool returns_sequence;      ///< the source model answers at every step
    std::uint32_t layers;
    std::uint64_t parameters;   ///< counted as Keras does
    std::size_t weight_bytes;   ///< packed weights, biases and embeddings
    std::size_t file_bytes;
    std::uint32_t words;        ///< entries of the vocabulary; 0: none
    std::uint32_t labels;       ///< names of outputs; 0: none
    std::int32_t start_token;   ///< token that opens every text; -1: none
    std::int32_t unknown_token; ///< token of unknown words; -1: none
    std::uint32_t sequence_length;  ///< steps that the source model was built for; 0: any
    const char* source_name;        ///< these four are never null, may be empty
    const char* source_sha256;
    const char* source_framework;
    const char* converter_version;
    const char* isa;            ///< instruction set in use
};

struct LayerInfo {
    const char* name;           ///< as in the source file
    const char* kind;           ///< "Embedding", "Masking", "SimpleRNN", "GRU", "LSTM", "Dense", "Activation"
    const char* activation;     ///< "" where there is none
    const char* format;         ///< "f32", "f16", "int8", "int8x16", "int4", "fixed", "fixed8"; "" where there are none
    bool dynamic;               ///< quantized, and a range is found anew in each step
    float input_range;          ///< largest magnitude of its inputs that does not saturate; 0: all, or dynamic
    float state_range;          ///< likewise of the state that it multiplies
    bool projected;             ///< Embedding: holds the next layer's input products instead of its own rows
    std::uint32_t inputs;
    std::uint32_t outputs;
    std::uint64_t parameters;
    std::size_t weight_bytes;
    bool recurrent;
};

/// A loaded model: a plan of a few kilobytes over the caller's bytes.
class Model {
public:
    static constexpr int max_layers = 32;
    static constexpr std::uint16_t format_version = 1;

    /// Verifies the file and plans its execution.
    /// `bytes`: the whole file, at an address that is a multiple of 64; it must outlive the model and stay
    /// unchanged. `isa`: an entry of `isas()`, or null for the best that this CPU has.
    /// On any other status than ok the model holds nothing.
    [[nodiscard]] Status load(const void* bytes, std::size_t size, const char* isa = nullptr) noexcept;

    /// The layer, from 0, at which `load` found `invalid_layer` or `left_out`; -1 otherwise. Its name, or "" .
    int failed_layer() const noexcept;
    const char* failed_layer_name() const noexcept;

    ModelInfo info() const noexcept;
    /// 0 <= index < info().layers.
    LayerInfo layer(std::uint32_t index) const noexcept;
    /// The word of a token, 0 <= token < info().words.
    const char* word(std::uint32_t token) const noexcept;
    /// The name of an output, 0 <= index < info().labels.
    const char* label(std::uint32_t index) const noexcept;

private:
    friend const struct Plan& plan_of(const Model& model) noexcept;
    alignas(64) unsigned char plan_[8192] = {};
};

/// Instruction sets of this build that this CPU can run, best first, ended by null.
const char* const* isas() noexcept;

/// One stream: the state of every recurrent layer, in the caller's block.
class Session {
public:
    /// Size of the block, a multiple of 64.
    static std::size_t bytes(const Model& model) noexcept;
    /// Builds a session in zero state in `block` (at a multiple of 64, at least `bytes(model)` long, kept by
    /// the caller for as long as the session is used; nothing needs to be destroyed). The model must outlive it.
    [[nodiscard]] static Status create(const Model& model, void* block, std::size_t size, Session*& session) noexcept;

    /// Advances by one token. A model that takes F features reads a token as one-hot of width F.
    [[nodiscard]] Status step(std::uint32_t token) noexcept;
    /// Advances by one time step of `info().inputs` features.
    [[nodiscard]] Status step(const float* features, std::size_t count) noexcept;

    /// The model's answer to all steps since the last reset: `info().outputs` values, valid until the next
    /// call. What lies behind the last recurrent layer is computed here, once per step. A fixed model's answers are
    /// integers with 16 fraction bits, converted here: there and at features that come in, it touches floats.
    std::span<const float> output() noexcept;

    /// Back to zero state.
    void reset() noexcept;

    /// How many numbers since `create` were outside the range that calibration gave them, and so were set to its end.
    /// Always 0 for models without quantized layers and where ranges are dynamic. Fixed models: of all their numbers.
    std::uint64_t saturations() const noexcept;
    /// Those of one layer, 0 <= layer < info().layers.
    std::uint64_t saturations(std::uint32_t layer) const noexcept;

    /// Fixed models only: puts what was learned (training::Trainer::write_patch) in the place of the model's parameters,
    /// in this session alone, and goes back to zero state. The tensors that the patch changes are copied to `block`,
    /// at a multiple of 64 and kept as long as the session's own; all others stay the model's. A later patch takes the
    /// place of an earlier one, and may take its block. Checks all of the patch before it changes anything.
    [[nodiscard]] Status apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size) noexcept;
    /// Size of the block that apply_patch needs for this patch: a multiple of 64.
    [[nodiscard]] Status patch_bytes(const void* patch, std::size_t size, std::size_t& bytes) const noexcept;

    /// The state as bytes, for `restore_state` of any session over the same model (on any instruction set).
    std::size_t state_bytes() const noexcept;
    [[nodiscard]] Status save_state(void* to, std::size_t size) const noexcept;
    [[nodiscard]] Status restore_state(const void* from, std::size_t size) noexcept;

protected:
    Session() = default;
};

/// Many streams over one model, in the caller's block, stepped together: weights are loaded once for four streams.
/// Each has the numbers that a session of its own would have.
class Batch {
public:
    /// The token of a stream that rests in a step: its state and answer stay as they are.
    static constexpr std::uint32_t resting = 0xffffffff;

    /// Size of the block, a multiple of 64; SIZE_MAX: more than memory can have.
    static std::size_t bytes(const Model& model, std::uint32_t streams) noexcept;
    /// Builds `streams` > 0 streams in zero state, as Session::create does.
    [[nodiscard]] static Status create(const Model& model, std::uint32_t streams, void* block, std::size_t size,
                                       Batch*& batch) noexcept;

    std::uint32_t streams() const noexcept;
    /// One stream, 0 <= index < streams(): its output, saved state, and, for one that joins, reset.
    Session& operator[](std::uint32_t index) noexcept;

    /// Advances every stream i by tokens[i] (`resting`: not at all). On an error no stream has moved.
    [[nodiscard]] Status step(std::span<const std::uint32_t> tokens) noexcept;
    /// Advances every stream i by the `info().inputs` features at features[i] (null: not at all), likewise.
    [[nodiscard]] Status step(std::span<const float* const> features) noexcept;

protected:
    Batch() = default;
};

}  // namespace runnel
#pragma GCC visibility pop
