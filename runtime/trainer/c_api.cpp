#include "runnel/trainer.h"
#include "base/limits.hpp"
#include "state.hpp"

namespace {

using namespace runnel::training;

static_assert(RUNNEL_TRAINING_WRONG_STATE == int(Status::wrong_state) && RUNNEL_DENSE == int(Kind::dense) &&
              RUNNEL_SOFTMAX == int(Function::softmax) && RUNNEL_MEAN_SQUARED_ERROR == int(Loss::mean_squared_error) &&
              RUNNEL_ADAM == int(Optimizer::adam) && RUNNEL_SCOPE_NONE == int(Scope::none));

using ModelHash = const uint8_t (&)[32];

runnel_training_status status(Status s) { return static_cast<runnel_training_status>(s); }
Trainer& of(runnel_trainer* t) { return *reinterpret_cast<Trainer*>(t); }
const Trainer& of(const runnel_trainer* t) { return *reinterpret_cast<const Trainer*>(t); }
ModelHash hash(const uint8_t* model) { return *reinterpret_cast<const uint8_t(*)[32]>(model); }

Batch of(const runnel_training_batch& b) { return {b.tokens, b.features, b.targets, b.order, b.count, b.steps}; }

/// Calls f with the C++ specification; its layers live as long as the call. Numbers that name nothing are refused.
template <class F> runnel_training_status with_specification(const runnel_training& t, F f) {
    Layer layers[runnel::most_layers + 1];
    if (!t.layers || t.layer_count > runnel::most_layers + 1) return RUNNEL_TRAINING_WRONG_LAYERS;
    for (uint32_t i = 0; i < t.layer_count; ++i) {
        const runnel_layer& l = t.layers[i];
        if (l.kind > RUNNEL_DENSE) return RUNNEL_TRAINING_WRONG_LAYERS;
        if (l.activation > RUNNEL_SOFTMAX || l.recurrent_activation > RUNNEL_SOFTMAX)
            return RUNNEL_TRAINING_WRONG_FUNCTION;
        layers[i] = {static_cast<Kind>(l.kind),
                     l.units,
                     l.tokens,
                     static_cast<Function>(l.activation),
                     static_cast<Function>(l.recurrent_activation),
                     l.mask_zero != 0,
                     l.state_bits,
                     l.dropout,
                     l.recurrent_dropout,
                     l.dropout_each_step != 0};
    }
    if (t.loss > RUNNEL_MEAN_SQUARED_ERROR) return RUNNEL_TRAINING_WRONG_LOSS;
    if (t.optimizer > RUNNEL_ADAM || t.scope > RUNNEL_SCOPE_NONE) return RUNNEL_TRAINING_WRONG_SIZE;
    return status(
        f(Specification{layers, t.layer_count, t.batch, t.steps, t.truncate, static_cast<Loss>(t.loss),
                        static_cast<Optimizer>(t.optimizer), static_cast<Scope>(t.scope), t.learning_rate, t.momentum,
                        t.decay, t.epsilon, t.clip_value, t.clip_norm, t.weight_bits, t.seed, t.isa}));
}

/// The C++ call's result in C's structure.
template <class F> runnel_training_status with_result(runnel_result* result, F f) {
    Result r = {result->loss, result->count, result->correct};
    const Status s = f(r);
    *result = {r.loss, r.count, r.correct};
    return status(s);
}

}  // namespace

const char* runnel_training_message(runnel_training_status s) { return message(static_cast<Status>(s)); }

runnel_training_status runnel_trainer_bytes(const runnel_training* training, size_t* bytes) {
    *bytes = 0;
    return with_specification(*training, [&](const Specification& s) { return Trainer::bytes(s, *bytes); });
}
runnel_training_status runnel_trainer_create(const runnel_training* training, void* block, size_t size,
                                             runnel_trainer** trainer) {
    Trainer* created = nullptr;
    const auto result =
        with_specification(*training, [&](const Specification& s) { return Trainer::create(s, block, size, created); });
    *trainer = reinterpret_cast<runnel_trainer*>(created);
    return result;
}
runnel_training_status runnel_train(runnel_trainer* trainer, const runnel_training_batch* batch,
                                    runnel_result* result) {
    return with_result(result, [&](Result& r) { return of(trainer).train(of(*batch), r); });
}
runnel_training_status runnel_evaluate(runnel_trainer* trainer, const runnel_training_batch* batch,
                                       runnel_result* result) {
    return with_result(result, [&](Result& r) { return of(trainer).evaluate(of(*batch), r); });
}
runnel_training_status runnel_predict(runnel_trainer* trainer, const runnel_training_batch* batch, int32_t* answers) {
    return status(of(trainer).predict(of(*batch), answers));
}

runnel_training_status runnel_begin(runnel_trainer* trainer) { return status(of(trainer).begin()); }
runnel_training_status runnel_advance_token(runnel_trainer* trainer, uint32_t token) {
    return status(of(trainer).advance(token));
}
runnel_training_status runnel_advance_values(runnel_trainer* trainer, const int16_t* values) {
    return status(of(trainer).advance(values));
}
void runnel_answer(runnel_trainer* trainer, int32_t* to) { of(trainer).answer(to); }

uint32_t runnel_trainer_parameters(const runnel_trainer* trainer) { return of(trainer).parameters(); }
void runnel_trainer_parameter(const runnel_trainer* trainer, uint32_t index, uint32_t* rows, uint32_t* columns,
                              int* bits, const int16_t** weights, const int32_t** biases) {
    const Parameter p = of(trainer).parameter(index);
    *rows = p.rows;
    *columns = p.columns;
    *bits = p.bits;
    *weights = p.weights;
    *biases = p.biases;
}
runnel_training_status runnel_set_weights(runnel_trainer* trainer, uint32_t index, const int16_t* values, int bits) {
    return status(of(trainer).set_weights(index, values, bits));
}
runnel_training_status runnel_set_biases(runnel_trainer* trainer, uint32_t index, const int32_t* values) {
    return status(of(trainer).set_biases(index, values));
}

size_t runnel_trainer_saved_bytes(const runnel_trainer* trainer) { return of(trainer).saved_bytes(); }
void runnel_trainer_save(const runnel_trainer* trainer, void* to) { of(trainer).save(to); }
void runnel_trainer_restore(runnel_trainer* trainer, const void* from) { of(trainer).restore(from); }

size_t runnel_patch_bytes(const runnel_trainer* trainer, const void* saved) { return of(trainer).patch_bytes(saved); }
runnel_training_status runnel_write_patch(const runnel_trainer* trainer, const void* saved, const uint8_t* model,
                                          void* to, size_t size) {
    return status(of(trainer).write_patch(saved, hash(model), to, size));
}
runnel_training_status runnel_apply_patch(runnel_trainer* trainer, const void* patch, size_t size,
                                          const uint8_t* model) {
    return status(of(trainer).apply_patch(patch, size, hash(model)));
}

void runnel_restrict_rows(runnel_trainer* trainer, const uint8_t* tokens) { of(trainer).restrict_rows(tokens); }
runnel_training_status runnel_set_learning_rate(runnel_trainer* trainer, uint32_t rate) {
    return status(of(trainer).set_learning_rate(rate));
}
