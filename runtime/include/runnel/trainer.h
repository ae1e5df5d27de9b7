/* The trainer's C API: trainer.hpp for C. Meanings, units, ranges, ownership and errors are those of the C++
 * declarations. Fields that are 0 mean 0: C has no defaults. Functions return a runnel_training_status unless they say
 * otherwise. */
#ifndef RUNNEL_TRAINER_H
#define RUNNEL_TRAINER_H
#include <stddef.h>
#include <stdint.h>
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

typedef enum runnel_training_status {
    RUNNEL_TRAINING_OK = 0,
    RUNNEL_TRAINING_WRONG_LAYERS,
    RUNNEL_TRAINING_WRONG_SIZE,
    RUNNEL_TRAINING_WRONG_FUNCTION,
    RUNNEL_TRAINING_WRONG_DROPOUT,
    RUNNEL_TRAINING_WRONG_RATE,
    RUNNEL_TRAINING_WRONG_LOSS,
    RUNNEL_TRAINING_BLOCK_TOO_SMALL,
    RUNNEL_TRAINING_MISALIGNED,
    RUNNEL_TRAINING_UNKNOWN_ISA,
    RUNNEL_TRAINING_WRONG_BATCH,
    RUNNEL_TRAINING_TOKEN_OUT_OF_RANGE,
    RUNNEL_TRAINING_TARGET_OUT_OF_RANGE,
    RUNNEL_TRAINING_DAMAGED_PATCH,
    RUNNEL_TRAINING_FOREIGN_PATCH,
    RUNNEL_TRAINING_WRONG_TENSOR,
    RUNNEL_TRAINING_NOT_BEGUN,
    RUNNEL_TRAINING_WRONG_STATE
} runnel_training_status;

enum { RUNNEL_EMBEDDING, RUNNEL_ONE_HOT, RUNNEL_FEATURES, RUNNEL_SIMPLE_RNN, RUNNEL_GRU, RUNNEL_LSTM, RUNNEL_DENSE };
enum { RUNNEL_LINEAR, RUNNEL_TANH, RUNNEL_SIGMOID, RUNNEL_RELU, RUNNEL_HARD_SIGMOID, RUNNEL_SOFTMAX = 6 };
enum {
    RUNNEL_BINARY_CROSSENTROPY,
    RUNNEL_SPARSE_CATEGORICAL_CROSSENTROPY,
    RUNNEL_CATEGORICAL_CROSSENTROPY,
    RUNNEL_MEAN_SQUARED_ERROR
};
enum { RUNNEL_SGD, RUNNEL_RMSPROP, RUNNEL_ADAM };
enum { RUNNEL_ALL, RUNNEL_HEAD, RUNNEL_BIASES, RUNNEL_ROWS, RUNNEL_SCOPE_NONE };

typedef struct runnel_layer {
    uint8_t kind;
    uint8_t activation;
    uint8_t recurrent_activation;
    uint8_t mask_zero;
    uint32_t units;
    uint32_t tokens;
    int8_t state_bits;
    uint16_t dropout;
    uint16_t recurrent_dropout;
    uint8_t dropout_each_step;
} runnel_layer;

typedef struct runnel_training {
    const runnel_layer* layers;
    uint32_t layer_count;
    uint32_t batch;
    uint32_t steps;
    uint32_t truncate;
    uint8_t loss;
    uint8_t optimizer;
    uint8_t scope;
    uint8_t weight_bits;
    uint32_t learning_rate;
    uint16_t momentum;
    uint16_t decay;
    uint32_t epsilon;
    uint32_t clip_value;
    uint32_t clip_norm;
    uint32_t seed;
    const char* isa;
} runnel_training;

typedef struct runnel_training_batch {
    const uint16_t* tokens;
    const int16_t* features;
    const int32_t* targets;
    const uint32_t* order;
    uint32_t count;
    uint32_t steps;
} runnel_training_batch;

typedef struct runnel_result {
    int64_t loss;
    uint32_t count;
    uint32_t correct;
} runnel_result;

typedef struct runnel_trainer runnel_trainer;

/* One English sentence; never null. */
const char* runnel_training_message(runnel_training_status status);

runnel_training_status runnel_trainer_bytes(const runnel_training* training, size_t* bytes);
runnel_training_status runnel_trainer_create(const runnel_training* training, void* block, size_t size,
                                             runnel_trainer** trainer);
runnel_training_status runnel_train(runnel_trainer* trainer, const runnel_training_batch* batch, runnel_result* result);
runnel_training_status runnel_evaluate(runnel_trainer* trainer, const runnel_training_batch* batch,
                                       runnel_result* result);
runnel_training_status runnel_predict(runnel_trainer* trainer, const runnel_training_batch* batch, int32_t* answers);

runnel_training_status runnel_begin(runnel_trainer* trainer);
runnel_training_status runnel_advance_token(runnel_trainer* trainer, uint32_t token);
runnel_training_status runnel_advance_values(runnel_trainer* trainer, const int16_t* values);
void runnel_answer(runnel_trainer* trainer, int32_t* to);

/* Number of tensors. */
uint32_t runnel_trainer_parameters(const runnel_trainer* trainer);
/* Rows and columns of a tensor, fraction bits of its numbers, and the numbers themselves: one of the two is null. */
void runnel_trainer_parameter(const runnel_trainer* trainer, uint32_t index, uint32_t* rows, uint32_t* columns,
                              int* bits, const int16_t** weights, const int32_t** biases);
runnel_training_status runnel_set_weights(runnel_trainer* trainer, uint32_t index, const int16_t* values, int bits);
runnel_training_status runnel_set_biases(runnel_trainer* trainer, uint32_t index, const int32_t* values);

size_t runnel_trainer_saved_bytes(const runnel_trainer* trainer);
void runnel_trainer_save(const runnel_trainer* trainer, void* to);
void runnel_trainer_restore(runnel_trainer* trainer, const void* from);

/* `model`: 32 bytes, the base model's SHA-256. */
size_t runnel_patch_bytes(const runnel_trainer* trainer, const void* saved);
runnel_training_status runnel_write_patch(const runnel_trainer* trainer, const void* saved, const uint8_t* model,
                                          void* to, size_t size);
runnel_training_status runnel_apply_patch(runnel_trainer* trainer, const void* patch, size_t size,
                                          const uint8_t* model);

void runnel_restrict_rows(runnel_trainer* trainer, const uint8_t* tokens);
runnel_training_status runnel_set_learning_rate(runnel_trainer* trainer, uint32_t rate);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
