#include "runnel/trainer.h"
#include "base/c_struct.hpp"
#include "state.hpp"

namespace {

using namespace runnel::training;
using runnel::fill;
using runnel::take;

#define RUNNEL_SAME(c, cpp) static_assert(int(RUNNEL_TRAINER_##c) == int(cpp))
RUNNEL_SAME(OK, Status::ok);
RUNNEL_SAME(WRONG_LAYERS, Status::wrong_layers);
RUNNEL_SAME(WRONG_SIZE, Status::wrong_size);
RUNNEL_SAME(WRONG_FUNCTION, Status::wrong_function);
RUNNEL_SAME(WRONG_DROPOUT, Status::wrong_dropout);
RUNNEL_SAME(WRONG_RATE, Status::wrong_rate);
RUNNEL_SAME(WRONG_LOSS, Status::wrong_loss);
RUNNEL_SAME(BLOCK_TOO_SMALL, Status::block_too_small);
RUNNEL_SAME(MISALIGNED, Status::misaligned);
RUNNEL_SAME(UNKNOWN_ISA, Status::unknown_isa);
RUNNEL_SAME(WRONG_BATCH, Status::wrong_batch);
RUNNEL_SAME(TOKEN_OUT_OF_RANGE, Status::token_out_of_range);
RUNNEL_SAME(TARGET_OUT_OF_RANGE, Status::target_out_of_range);
RUNNEL_SAME(DAMAGED_PATCH, Status::damaged_patch);
RUNNEL_SAME(FOREIGN_PATCH, Status::foreign_patch);
RUNNEL_SAME(WRONG_TENSOR, Status::wrong_tensor);
RUNNEL_SAME(NOT_BEGUN, Status::not_begun);
RUNNEL_SAME(WRONG_STATE, Status::wrong_state);
RUNNEL_SAME(WRONG_OPTIMIZER, Status::wrong_optimizer);
RUNNEL_SAME(WRONG_SCOPE, Status::wrong_scope);
RUNNEL_SAME(WRONG_BITS, Status::wrong_bits);
RUNNEL_SAME(WRONG_STRUCT, Status::wrong_struct);
RUNNEL_SAME(NOT_FIXED, Status::not_fixed);
RUNNEL_SAME(KIND_EMBEDDING, Kind::embedding);
RUNNEL_SAME(KIND_ONE_HOT, Kind::one_hot);
RUNNEL_SAME(KIND_FEATURES, Kind::features);
RUNNEL_SAME(KIND_SIMPLE_RNN, Kind::simple_rnn);
RUNNEL_SAME(KIND_GRU, Kind::gru);
RUNNEL_SAME(KIND_LSTM, Kind::lstm);
RUNNEL_SAME(KIND_DENSE, Kind::dense);
RUNNEL_SAME(FUNCTION_LINEAR, Function::linear);
RUNNEL_SAME(FUNCTION_TANH, Function::tanh);
RUNNEL_SAME(FUNCTION_SIGMOID, Function::sigmoid);
RUNNEL_SAME(FUNCTION_RELU, Function::relu);
RUNNEL_SAME(FUNCTION_HARD_SIGMOID, Function::hard_sigmoid);
RUNNEL_SAME(FUNCTION_SOFTMAX, Function::softmax);
RUNNEL_SAME(LOSS_BINARY_CROSSENTROPY, Loss::binary_crossentropy);
RUNNEL_SAME(LOSS_SPARSE_CATEGORICAL_CROSSENTROPY, Loss::sparse_categorical_crossentropy);
RUNNEL_SAME(LOSS_CATEGORICAL_CROSSENTROPY, Loss::categorical_crossentropy);
RUNNEL_SAME(LOSS_MEAN_SQUARED_ERROR, Loss::mean_squared_error);
RUNNEL_SAME(OPTIMIZER_SGD, Optimizer::sgd);
RUNNEL_SAME(OPTIMIZER_RMSPROP, Optimizer::rmsprop);
RUNNEL_SAME(OPTIMIZER_ADAM, Optimizer::adam);
RUNNEL_SAME(SCOPE_ALL, Scope::all);
RUNNEL_SAME(SCOPE_HEAD, Scope::head);
RUNNEL_SAME(SCOPE_BIASES, Scope::biases);
RUNNEL_SAME(SCOPE_ROWS, Scope::rows);
RUNNEL_SAME(SCOPE_NONE, Scope::none);
#undef RUNNEL_SAME

// What the library reads has no padding at its end: a new field changes its size.
static_assert(sizeof(runnel_trainer_layer) == RUNNEL_SIZE_UP_TO(runnel_trainer_layer, dropout_each_step));
static_assert(sizeof(runnel_trainer_specification) == RUNNEL_SIZE_UP_TO(runnel_trainer_specification, reserved));
static_assert(sizeof(runnel_trainer_batch) == RUNNEL_SIZE_UP_TO(runnel_trainer_batch, steps));
static_assert(sizeof(runnel_trainer_words) == RUNNEL_SIZE_UP_TO(runnel_trainer_words, first_token));
// The sizes of the first version.
constexpr size_t first_layer = RUNNEL_SIZE_UP_TO(runnel_trainer_layer, dropout_each_step);
constexpr size_t first_specification = RUNNEL_SIZE_UP_TO(runnel_trainer_specification, reserved);
constexpr size_t first_batch = RUNNEL_SIZE_UP_TO(runnel_trainer_batch, steps);
constexpr size_t first_words = RUNNEL_SIZE_UP_TO(runnel_trainer_words, first_token);
constexpr size_t first_result = RUNNEL_SIZE_UP_TO(runnel_trainer_result, correct);

constexpr runnel_trainer_layer default_layer = RUNNEL_TRAINER_LAYER_INIT;
constexpr runnel_trainer_specification default_specification = RUNNEL_TRAINER_SPECIFICATION_INIT;

using ModelHash = const uint8_t (&)[32];

runnel_trainer_status status(Status s) { return static_cast<runnel_trainer_status>(s); }
Trainer& of(runnel_trainer* t) { return *reinterpret_cast<Trainer*>(t); }
const Trainer& of(const runnel_trainer* t) { return *reinterpret_cast<const Trainer*>(t); }
ModelHash hash(const uint8_t* model) { return *reinterpret_cast<const uint8_t(*)[32]>(model); }

/// A value as a narrower type; false: it does not fit.
template <class To, class From> bool narrow(From value, To& to) {
    to = static_cast<To>(value);
    return static_cast<From>(to) == value;
}

/// A name of E, which is a byte; a value that names nothing stays one that names nothing.
template <class E> E name(uint32_t value) { return static_cast<E>(value < 0xff ? value : 0xff); }

/// A layer from an array whose stride is the first one's struct_size.
Status read_layer(const runnel_trainer_specification& spec, uint32_t index, Layer& layer) {
    runnel_trainer_layer l = default_layer;
    const size_t size = spec.layers->struct_size;
    const auto* at = reinterpret_cast<const unsigned char*>(spec.layers) + index * size;
    if (!take(*reinterpret_cast<const runnel_trainer_layer*>(at), first_layer, l) || l.struct_size != size)
        return Status::wrong_struct;
    layer = {.kind = name<Kind>(l.kind),
             .units = l.units,
             .tokens = l.tokens,
             .activation = name<Function>(l.activation),
             .recurrent_activation = name<Function>(l.recurrent_activation),
             .mask_zero = l.mask_zero != 0,
             .dropout_each_step = l.dropout_each_step != 0};
    if (!narrow(l.state_bits, layer.state_bits)) return Status::wrong_bits;
    if (!narrow(l.dropout, layer.dropout) || !narrow(l.recurrent_dropout, layer.recurrent_dropout))
        return Status::wrong_dropout;
    return Status::ok;
}

/// Calls f with the C++ specification; its layers live as long as the call.
template <class F> runnel_trainer_status with_specification(const runnel_trainer_specification& from, F f) {
    runnel_trainer_specification t = default_specification;
    if (!take(from, first_specification, t) || t.reserved) return RUNNEL_TRAINER_WRONG_STRUCT;
    Layer layers[RUNNEL_MAX_LAYERS + 1];
    if (!t.layers || t.layer_count > RUNNEL_MAX_LAYERS + 1) return RUNNEL_TRAINER_WRONG_LAYERS;
    for (uint32_t i = 0; i < t.layer_count; ++i)
        if (const Status s = read_layer(t, i, layers[i]); s != Status::ok) return status(s);
    Specification spec = {.layers = layers,
                          .layer_count = t.layer_count,
                          .batch = t.batch,
                          .steps = t.steps,
                          .truncate = t.truncate,
                          .loss = name<Loss>(t.loss),
                          .optimizer = name<Optimizer>(t.optimizer),
                          .scope = name<Scope>(t.scope),
                          .learning_rate = t.learning_rate,
                          .epsilon = t.epsilon,
                          .clip_value = t.clip_value,
                          .clip_norm = t.clip_norm,
                          .seed = t.seed,
                          .isa = t.isa};
    if (!narrow(t.weight_bits, spec.weight_bits)) return RUNNEL_TRAINER_WRONG_BITS;
    if (!narrow(t.momentum, spec.momentum) || !narrow(t.decay, spec.decay)) return RUNNEL_TRAINER_WRONG_RATE;
    return status(f(spec));
}

/// Calls f with the C++ batch.
template <class F> runnel_trainer_status with_batch(const runnel_trainer_batch& from, F f) {
    runnel_trainer_batch b = RUNNEL_TRAINER_BATCH_INIT;
    if (!take(from, first_batch, b)) return RUNNEL_TRAINER_WRONG_STRUCT;
    return status(f(Batch{b.tokens, b.features, b.targets, b.order, b.count, b.steps}));
}

/// Calls f with the C++ batch and result; C's result is then that.
template <class F>
runnel_trainer_status with_result(const runnel_trainer_batch& batch, runnel_trainer_result& result, F f) {
    runnel_trainer_result r = RUNNEL_TRAINER_RESULT_INIT;
    if (!take(result, first_result, r)) return RUNNEL_TRAINER_WRONG_STRUCT;
    return with_batch(batch, [&](const Batch& b) {
        Result sum = {r.loss, r.count, r.correct};
        const Status s = f(b, sum);
        fill(result, {.struct_size = 0, .loss = sum.loss, .count = sum.count, .correct = sum.correct});
        return s;
    });
}

/// Null: no words. False: a structure that is not known.
[[nodiscard]] bool read_words(const runnel_trainer_words* from, Words& words) {
    if (!from) return true;
    runnel_trainer_words w = RUNNEL_TRAINER_WORDS_INIT;
    if (!take(*from, first_words, w)) return false;
    words = {.first_token = w.first_token, .bytes = w.bytes, .text = w.text};
    return true;
}

void fill_saturation(runnel_trainer_saturation& to, const Saturations& s) {
    fill(to, {.struct_size = 0, .preactivations = s.preactivations, .states = s.states, .weights = s.weights});
}

}  // namespace

const char* runnel_trainer_message(runnel_trainer_status s) {
    return message(unsigned(s) <= unsigned(RUNNEL_TRAINER_NOT_FIXED) ? static_cast<Status>(s) : Status(0xff));
}

runnel_trainer_status runnel_trainer_bytes(const runnel_trainer_specification* specification, size_t* bytes) {
    *bytes = 0;
    return with_specification(*specification, [&](const Specification& s) { return Trainer::bytes(s, *bytes); });
}
runnel_trainer_status runnel_trainer_create(const runnel_trainer_specification* specification, void* block, size_t size,
                                            runnel_trainer** trainer) {
    Trainer* created = nullptr;
    const auto result = with_specification(
        *specification, [&](const Specification& s) { return Trainer::create(s, block, size, created); });
    *trainer = reinterpret_cast<runnel_trainer*>(created);
    return result;
}
runnel_trainer_status runnel_trainer_train(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                           runnel_trainer_result* result) {
    return with_result(*batch, *result, [&](const Batch& b, Result& r) { return of(trainer).train(b, r); });
}
runnel_trainer_status runnel_trainer_evaluate(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                              runnel_trainer_result* result) {
    return with_result(*batch, *result, [&](const Batch& b, Result& r) { return of(trainer).evaluate(b, r); });
}
runnel_trainer_status runnel_trainer_predict(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                             int32_t* answers) {
    return with_batch(*batch, [&](const Batch& b) { return of(trainer).predict(b, answers); });
}

runnel_trainer_status runnel_trainer_begin(runnel_trainer* trainer) { return status(of(trainer).begin()); }
runnel_trainer_status runnel_trainer_advance_token(runnel_trainer* trainer, uint32_t token) {
    return status(of(trainer).advance(token));
}
runnel_trainer_status runnel_trainer_advance_values(runnel_trainer* trainer, const int16_t* values) {
    return status(of(trainer).advance(values));
}
void runnel_trainer_answer(runnel_trainer* trainer, int32_t* to) { of(trainer).answer(to); }
size_t runnel_trainer_state_bytes(const runnel_trainer* trainer) { return of(trainer).state_bytes(); }
void runnel_trainer_save_state(const runnel_trainer* trainer, void* to) { of(trainer).save_state(to); }
runnel_trainer_status runnel_trainer_restore_state(runnel_trainer* trainer, const void* from) {
    return status(of(trainer).restore_state(from));
}

uint32_t runnel_trainer_parameters(const runnel_trainer* trainer) { return of(trainer).parameters(); }
void runnel_trainer_parameter(const runnel_trainer* trainer, uint32_t index, runnel_trainer_tensor* tensor) {
    const Parameter p = of(trainer).parameter(index);
    fill(*tensor, {.struct_size = 0,
                   .name = p.name,
                   .weights = p.weights,
                   .biases = p.biases,
                   .layer = p.layer,
                   .rows = p.rows,
                   .columns = p.columns,
                   .bits = p.bits});
}
runnel_trainer_status runnel_trainer_set_weights(runnel_trainer* trainer, uint32_t index, const int16_t* values,
                                                 int bits) {
    return status(of(trainer).set_weights(index, values, bits));
}
runnel_trainer_status runnel_trainer_set_weights_int8(runnel_trainer* trainer, uint32_t index, const int8_t* values,
                                                      int bits) {
    return status(of(trainer).set_weights(index, values, bits));
}
runnel_trainer_status runnel_trainer_set_biases(runnel_trainer* trainer, uint32_t index, const int32_t* values) {
    return status(of(trainer).set_biases(index, values));
}

size_t runnel_trainer_saved_bytes(const runnel_trainer* trainer) { return of(trainer).saved_bytes(); }
void runnel_trainer_save(const runnel_trainer* trainer, void* to) { of(trainer).save(to); }
void runnel_trainer_restore(runnel_trainer* trainer, const void* from) { of(trainer).restore(from); }

void runnel_trainer_hash_model(const void* file, size_t size, uint8_t model[32]) {
    hash_model(file, size, *reinterpret_cast<uint8_t(*)[32]>(model));
}
size_t runnel_trainer_patch_bytes(const runnel_trainer* trainer, const void* saved, const runnel_trainer_words* words) {
    Words w;
    return read_words(words, w) ? of(trainer).patch_bytes(saved, w) : 0;
}
runnel_trainer_status runnel_trainer_write_patch(const runnel_trainer* trainer, const void* saved,
                                                 const uint8_t model[32], void* to, size_t size,
                                                 const runnel_trainer_words* words) {
    Words w;
    if (!read_words(words, w)) return RUNNEL_TRAINER_WRONG_STRUCT;
    return status(of(trainer).write_patch(saved, hash(model), to, size, w));
}
runnel_trainer_status runnel_trainer_apply_patch(runnel_trainer* trainer, const void* patch, size_t size,
                                                 const uint8_t model[32]) {
    return status(of(trainer).apply_patch(patch, size, hash(model)));
}
runnel_trainer_status runnel_trainer_read_patch(const void* patch, size_t size, runnel_trainer_patch_info* info) {
    PatchInfo i;
    const Status s = read_patch(patch, size, i);
    if (s != Status::ok) return status(s);
    runnel_trainer_patch_info whole = {.struct_size = 0,
                                       .model = {},
                                       .step = i.step,
                                       .seed = i.seed,
                                       .entries = i.entries,
                                       .words_bytes = i.words.bytes,
                                       .first_word_token = i.words.first_token,
                                       .words_text = i.words.text};
    __builtin_memcpy(whole.model, i.model, sizeof whole.model);
    fill(*info, whole);
    return RUNNEL_TRAINER_OK;
}
uint32_t runnel_trainer_patched_rows(const runnel_trainer* trainer, const void* patch, uint32_t tensor) {
    return of(trainer).patched_rows(patch, tensor);
}

void runnel_trainer_restrict_rows(runnel_trainer* trainer, const uint8_t* tokens) { of(trainer).restrict_rows(tokens); }
runnel_trainer_status runnel_trainer_set_learning_rate(runnel_trainer* trainer, uint32_t rate) {
    return status(of(trainer).set_learning_rate(rate));
}

void runnel_trainer_saturations(const runnel_trainer* trainer, runnel_trainer_saturation* saturation) {
    fill_saturation(*saturation, of(trainer).saturations());
}
void runnel_trainer_layer_saturations(const runnel_trainer* trainer, uint32_t layer,
                                      runnel_trainer_saturation* saturation) {
    fill_saturation(*saturation, of(trainer).saturations(layer));
}
uint32_t runnel_trainer_step(const runnel_trainer* trainer) { return of(trainer).step(); }
uint32_t runnel_trainer_outputs(const runnel_trainer* trainer) { return of(trainer).outputs(); }
const char* runnel_trainer_isa(const runnel_trainer* trainer) { return of(trainer).isa(); }
