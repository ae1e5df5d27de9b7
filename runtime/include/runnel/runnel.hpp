/// Runnel: recurrent networks, one step at a time, in the caller's memory.
///
///     runnel::Model model;
///     if (auto status = model.load(file, size); status != runnel::Status::ok) ...
///     runnel::Session* session;
///     status = runnel::Session::create(model, block, runnel::Session::bytes(model), session);
///     status = session->step(token);
///     float probability = session->output()[0];
///
/// Nothing here throws, allocates, prints, locks or makes a system call.
///
/// Threads: a loaded Model may be used by any number of threads at once; a Session and a Batch with all its streams by
/// one thread at a time. Different sessions over one model need no lock.
///
/// Lifetimes: the file's bytes outlive the Model, the Model outlives its sessions and batches, the caller's blocks
/// outlive what was created in them. Nothing of this can be copied or moved, because sessions point into the model and
/// into their own block; nothing needs to be destroyed. Who has a heap finds sessions that own their block in owned.hpp.
///
/// Sliding windows over a stream stand in window.hpp. Blocks and the file's bytes lie at multiples of 64 bytes.
///
/// Files, patches and saved states may come from anyone: they are verified before they are used. Pointers, sizes and
/// block sizes are the program's own and are believed; null is allowed where it says so.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "runnel/constants.h"

namespace runnel {
class [[gnu::visibility("default")]] Model;
const struct Plan& plan_of(const Model& model) noexcept;  // not for callers
}  // namespace runnel

#pragma GCC visibility push(default)
namespace runnel {

/// Most layers of a model.
inline constexpr int max_layers = RUNNEL_MAX_LAYERS;

enum class Status : std::uint8_t {
    ok = 0,
    misaligned,            ///< the memory does not lie at a multiple of 64 bytes
    not_a_model,           ///< too short, or without the file identifier "RNL1"
    damaged,               ///< structure or checksum is wrong: the file was truncated or changed
    too_new,               ///< written in a later format version than this runtime knows
    invalid_layer,         ///< a layer contradicts itself or its neighbours: see Model::failed_layer
    too_many_layers,       ///< more than max_layers
    unknown_isa,           ///< no such instruction set in this build
    unavailable_isa,       ///< this CPU lacks the instruction set
    block_too_small,       ///< the caller's block is null or smaller than asked for
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
    not_loaded,            ///< the model has not been loaded, or its load failed
    out_of_memory,         ///< owned.hpp: the heap has no room
    wrong_window,          ///< window.hpp: no steps, or no hop
};

/// Version of the library linked, as RUNNEL_VERSION is that of the headers.
const char* version() noexcept;

/// One English sentence without the final stop. Never null.
const char* message(Status status) noexcept;

/// Without a model: as it stands here.
struct ModelInfo {
    bool takes_tokens = false;       ///< the first layer is an embedding, or a fixed model's one-hot input
    std::uint32_t inputs = 0;        ///< tokens: ids are 0 .. inputs-1; features: values per step
    std::uint32_t outputs = 0;       ///< values per answer
    bool returns_sequence = false;   ///< the source model answers at every step
    std::uint32_t layers = 0;
    std::uint64_t parameters = 0;    ///< counted as Keras does
    std::size_t weight_bytes = 0;    ///< packed weights, biases and embeddings
    std::size_t file_bytes = 0;
    std::uint32_t words = 0;         ///< entries of the vocabulary; 0: none
    std::uint32_t labels = 0;        ///< names of outputs; 0: none
    std::int32_t start_token = -1;   ///< token that opens every text; -1: none
    std::int32_t unknown_token = -1; ///< token of unknown words; -1: none
    std::uint32_t sequence_length = 0;   ///< steps that the source model was built for; 0: any
    const char* source_name = "";        ///< these four are never null, may be empty
    const char* source_sha256 = "";
    const char* source_framework = "";
    const char* converter_version = "";
    const char* isa = "";            ///< instruction set in use
    std::uint32_t input_ports = 0;   ///< named pieces of the features of a step; 0: they are one
    std::uint32_t output_ports = 0;  ///< named pieces of an answer; 0: it is one
    /// Steps after a reset that only fill the windows of convolutions: until then the answer is zeros and means nothing.
    std::uint32_t wait = 0;
};

/// A named piece of a step's features or of an answer: `count` values from `first` on. Without one: as it stands here.
struct PortInfo {
    const char* name = "";  ///< as in the source file
    std::uint32_t first = 0, count = 0;
};

/// Without a layer: as it stands here.
struct LayerInfo {
    const char* name = "";           ///< as in the source file
    const char* kind = "";           ///< "Embedding", "Masking", "SimpleRNN", "GRU", "LSTM", "Dense", "Activation", "Concatenate", "Add", "Subtract",
    /// "Multiply", "Average", "Maximum", "Minimum", "Slice", "Window"
    const char* activation = "";     ///< "" where there is none
    /// "f32", "f16", "int8", "int8x16", "int4", "fixed", "fixed8"; "" where there are no weights
    const char* format = "";
    bool dynamic = false;            ///< quantized, and a range is found anew in each step
    float input_range = 0;           ///< largest magnitude of its inputs that does not saturate; 0: all, or dynamic
    float state_range = 0;           ///< likewise of the state that it multiplies
    bool projected = false;          ///< Embedding: holds the next layer's input products instead of its own rows
    std::uint32_t inputs = 0;
    std::uint32_t outputs = 0;
    std::uint64_t parameters = 0;
    std::size_t weight_bytes = 0;
    bool recurrent = false;
    std::uint32_t sources = 0;       ///< values that it reads: see Model::source
};

/// A loaded model: a plan of a few kilobytes over the caller's bytes. Where it has not been loaded, or its load failed,
/// it describes nothing (ModelInfo{}, LayerInfo{}, names "") and no session can be created over it.
class Model {
public:
    static constexpr std::uint16_t format_version = 2;

    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    /// Verifies the file and plans its execution.
    /// `bytes`: the whole file, at an address that is a multiple of 64. They must outlive the model and stay as they
    /// are: nothing is checked twice. Who maps the file promises that nobody truncates or overwrites it in place while
    /// the model is loaded, under any name it has: the first kills the process (SIGBUS), the second makes steps on
    /// mixed weights, or out of bounds. A file that is replaced by renaming another one over it stays whole for who
    /// has mapped it. Who cannot promise that reads the file into memory of its own (at a multiple of 64), and loads
    /// it there.
    /// `isa`: an entry of `isas()`, or null for the best that this CPU has.
    /// On any other status than ok the model holds nothing. A model may be loaded again (from the same or other bytes)
    /// once nothing uses its sessions any more.
    [[nodiscard]] Status load(const void* bytes, std::size_t size, const char* isa = nullptr) noexcept;

    /// The layer, from 0, at which `load` found `invalid_layer` or `left_out`; -1 otherwise. Its name, in the file's bytes, or "".
    int failed_layer() const noexcept;
    const char* failed_layer_name() const noexcept;

    /// All strings of these four are never null; they lie in the file's bytes or live for ever.
    ModelInfo info() const noexcept;
    /// 0 <= index < info().layers; beyond: LayerInfo{}.
    LayerInfo layer(std::uint32_t index) const noexcept;
    /// The word of a token, 0 <= token < info().words; beyond: "".
    const char* word(std::uint32_t token) const noexcept;
    /// The name of an output, 0 <= index < info().labels; beyond: "".
    const char* label(std::uint32_t index) const noexcept;
    /// The pieces of the features and of the answer, 0 <= index < info().input_ports, output_ports; beyond: PortInfo{}.
    PortInfo input_port(std::uint32_t index) const noexcept;
    PortInfo output_port(std::uint32_t index) const noexcept;
    /// What a layer reads, 0 <= index < layer(layer).sources: 0 is the model's input, n the output of layer n - 1, which
    /// stands before it; beyond: 0.
    std::uint32_t source(std::uint32_t layer, std::uint32_t index) const noexcept;

private:
    friend const struct Plan& plan_of(const Model& model) noexcept;
    alignas(64) unsigned char plan_[8192] = {};
};

/// Instruction sets of this build that this CPU can run, best first, ended by null.
const char* const* isas() noexcept;

/// One stream: the state of every recurrent layer, in the caller's block. It lives where it was created: it can be
/// neither copied nor moved nor deleted. (save_state copies its state.)
class Session {
public:
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Size of the block, a multiple of 64; 0: the model is not loaded. Depends on model and instruction set only.
    static std::size_t bytes(const Model& model) noexcept;
    /// Builds a session in zero state in `block` (at a multiple of 64, at least `bytes(model)` long, kept by
    /// the caller for as long as the session is used; nothing needs to be destroyed). The model must outlive it.
    /// Errors: not_loaded, misaligned, block_too_small; `session` is then as it was.
    [[nodiscard]] static Status create(const Model& model, void* block, std::size_t size, Session*& session) noexcept;

    /// Advances by one token. A model that takes F features reads a token as one-hot of width F.
    /// Errors, after which the state is as it was: wrong_input, token_out_of_range.
    [[nodiscard]] Status step(std::uint32_t token) noexcept;
    /// Advances by one time step of `info().inputs` features, which are not needed afterwards.
    /// Errors, after which the state is as it was: wrong_input, wrong_feature_count, not_finite.
    [[nodiscard]] Status step(const float* features, std::size_t count) noexcept;

    /// The model's answer to all steps since the last reset: `info().outputs` values, valid until the next
    /// call; zeros while the model waits (`info().wait`). What lies behind the last recurrent layer is computed here, once
    /// per step. A fixed model's answers are integers with fraction bits, converted here: there and at features that come
    /// in, it touches floats.
    std::span<const float> output() noexcept;

    /// Back to zero state.
    void reset() noexcept;

    /// How many numbers since `create` were outside the range that calibration gave them, and so were set to its end.
    /// Always 0 for models without quantized layers and where ranges are dynamic. Fixed models: of all their numbers.
    std::uint64_t saturations() const noexcept;
    /// Those of one layer, 0 <= layer < info().layers; beyond: 0.
    std::uint64_t saturations(std::uint32_t layer) const noexcept;

    /// Fixed models only: puts what was learned (training::Trainer::write_patch) in the place of the model's parameters,
    /// in this session alone, and goes back to zero state. The tensors that the patch changes are copied to `block`,
    /// at a multiple of 64 and kept as long as the session's own; all others stay the model's. A later patch takes the
    /// place of an earlier one, and may take its block. The patch's bytes are not needed afterwards. Checks all of the
    /// patch before it changes anything. Errors: not_fixed, damaged_patch, foreign_patch, misaligned, block_too_small.
    [[nodiscard]] Status apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size) noexcept;
    /// Size of the block that apply_patch needs for this patch: a multiple of 64.
    [[nodiscard]] Status patch_bytes(const void* patch, std::size_t size, std::size_t& bytes) const noexcept;

    /// The state as bytes, for `restore_state` of any session over the same model (on any instruction set); they may
    /// lie anywhere.
    std::size_t state_bytes() const noexcept;
    /// Errors: block_too_small (`size` < state_bytes()).
    [[nodiscard]] Status save_state(void* to, std::size_t size) const noexcept;
    /// Errors, after which the state is as it was: wrong_state.
    [[nodiscard]] Status restore_state(const void* from, std::size_t size) noexcept;

protected:
    Session() = default;
    ~Session() = default;
};

/// Many streams over one model, in the caller's block, stepped together: weights are loaded once for four streams.
/// Each has the numbers that a session of its own would have. As a Session, it can be neither copied nor moved nor
/// deleted.
class Batch {
public:
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// The token of a stream that rests in a step: its state and answer stay as they are.
    static constexpr std::uint32_t resting = 0xffffffff;

    /// Size of the block, a multiple of 64; 0: the model is not loaded; SIZE_MAX: more than memory can have.
    static std::size_t bytes(const Model& model, std::uint32_t streams) noexcept;
    /// Builds `streams` > 0 streams in zero state, as Session::create does.
    /// Errors: not_loaded, wrong_batch, misaligned, block_too_small; `batch` is then as it was.
    [[nodiscard]] static Status create(const Model& model, std::uint32_t streams, void* block, std::size_t size,
                                       Batch*& batch) noexcept;

    std::uint32_t streams() const noexcept;
    /// One stream, 0 <= index < streams(): its output, saved state, and, for one that joins, reset.
    Session& operator[](std::uint32_t index) noexcept;

    /// Advances every stream i by tokens[i] (`resting`: not at all). On an error no stream has moved: wrong_batch, and
    /// those of Session::step.
    [[nodiscard]] Status step(std::span<const std::uint32_t> tokens) noexcept;
    /// Advances every stream i by the `info().inputs` features at features[i] (null: not at all), likewise.
    [[nodiscard]] Status step(std::span<const float* const> features) noexcept;

protected:
    Batch() = default;
    ~Batch() = default;
};

}  // namespace runnel
#pragma GCC visibility pop
