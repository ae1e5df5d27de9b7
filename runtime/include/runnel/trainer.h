/* The trainer's C API: learns recurrent networks through time in integers, in the caller's memory.
 *
 *     runnel_trainer_specification spec = RUNNEL_TRAINER_SPECIFICATION_INIT;
 *     runnel_trainer_layer layers[3] = {RUNNEL_TRAINER_LAYER_INIT, ...};
 *     spec.layers = layers, spec.layer_count = 3, ...
 *     status = runnel_trainer_bytes(&spec, &bytes);
 *     status = runnel_trainer_create(&spec, block, bytes, &trainer);
 *     status = runnel_trainer_train(trainer, &batch, &result);
 *
 * What is trained is what runs. No floating point, heap or system call; the same specification, parameters and batches
 * give the same bits on every machine. fixed_model.h makes trainers over models that runnel-convert wrote.
 *
 * Threads: one at a time a trainer; different trainers need no lock. Lifetimes: the block (at a multiple of
 * RUNNEL_ALIGNMENT bytes) outlives the trainer, which keeps no pointer to anything else that it was given (but see
 * runnel_trainer_restrict_rows), stays where it was created and need not be destroyed.
 *
 * Errors: after another status than RUNNEL_TRAINER_OK nothing has changed, unless the function says otherwise.
 * Specifications, batches and patches are verified; pointers and the sizes of arrays are the program's own: believed.
 *
 * Structures begin with struct_size, which the caller sets to the structure's sizeof before the call (the _INIT macros
 * do). Of what the library fills, so many bytes are filled; where it reads, what an older program's structure does not
 * have yet is taken as it was before, and a size that it does not know is RUNNEL_TRAINER_WRONG_STRUCT. */
#ifndef RUNNEL_TRAINER_H
#define RUNNEL_TRAINER_H
#include <stddef.h>
#include <stdint.h>

#include "runnel/constants.h"
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

typedef enum runnel_trainer_status {
    RUNNEL_TRAINER_OK = 0,
    /* not [embedding | one_hot | features], simple_rnn | gru | lstm ..., dense ...; or more than RUNNEL_MAX_LAYERS of
     * them (features and one_hot are none) */
    RUNNEL_TRAINER_WRONG_LAYERS,
    RUNNEL_TRAINER_WRONG_SIZE,      /* a size of 0, or beyond what can be indexed: of a layer, a batch, a sequence */
    RUNNEL_TRAINER_WRONG_FUNCTION,  /* an activation that this layer or loss cannot have */
    RUNNEL_TRAINER_WRONG_DROPOUT,   /* 0.75 or more; on one_hot; of each step but not between recurrent layers */
    RUNNEL_TRAINER_WRONG_RATE,      /* learning rate 0, or momentum or decay beyond 16 bits */
    RUNNEL_TRAINER_WRONG_LOSS,      /* no such loss, or it does not fit the last layer */
    RUNNEL_TRAINER_BLOCK_TOO_SMALL, /* the caller's block is null or smaller than asked for */
    RUNNEL_TRAINER_MISALIGNED,      /* the block does not lie at a multiple of RUNNEL_ALIGNMENT bytes */
    RUNNEL_TRAINER_UNKNOWN_ISA,     /* no such instruction set, or this CPU lacks it */
    RUNNEL_TRAINER_WRONG_BATCH, /* more sequences or steps than specified, none, or without tokens, features, targets */
    RUNNEL_TRAINER_TOKEN_OUT_OF_RANGE,
    RUNNEL_TRAINER_TARGET_OUT_OF_RANGE,
    RUNNEL_TRAINER_DAMAGED_PATCH, /* truncated, changed, or with tensors that this network does not have */
    RUNNEL_TRAINER_FOREIGN_PATCH, /* of another model */
    RUNNEL_TRAINER_WRONG_TENSOR,  /* no such tensor, or fraction bits outside 6..24 */
    RUNNEL_TRAINER_NOT_BEGUN,   /* a step without begin, of another kind of input, or of a trainer for many sequences */
    RUNNEL_TRAINER_WRONG_STATE, /* a saved state that no sequence can have */
    RUNNEL_TRAINER_WRONG_OPTIMIZER, /* no such optimizer */
    RUNNEL_TRAINER_WRONG_SCOPE,     /* no such scope */
    RUNNEL_TRAINER_WRONG_BITS,      /* weight_bits neither 16 nor 8, or state_bits outside 0..15 */
    RUNNEL_TRAINER_WRONG_STRUCT,    /* struct_size is of no structure that this library knows */
    RUNNEL_TRAINER_NOT_FIXED        /* fixed_model.h: a model without fixed weights, or not loaded */
} runnel_trainer_status;

enum {
    RUNNEL_TRAINER_KIND_EMBEDDING,
    RUNNEL_TRAINER_KIND_ONE_HOT,
    RUNNEL_TRAINER_KIND_FEATURES,
    RUNNEL_TRAINER_KIND_SIMPLE_RNN,
    RUNNEL_TRAINER_KIND_GRU,
    RUNNEL_TRAINER_KIND_LSTM,
    RUNNEL_TRAINER_KIND_DENSE
};
enum {
    RUNNEL_TRAINER_FUNCTION_LINEAR,
    RUNNEL_TRAINER_FUNCTION_TANH,
    RUNNEL_TRAINER_FUNCTION_SIGMOID,
    RUNNEL_TRAINER_FUNCTION_RELU,
    RUNNEL_TRAINER_FUNCTION_HARD_SIGMOID,
    RUNNEL_TRAINER_FUNCTION_SOFTMAX = 6
};
enum {
    RUNNEL_TRAINER_LOSS_BINARY_CROSSENTROPY,
    RUNNEL_TRAINER_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY,
    RUNNEL_TRAINER_LOSS_CATEGORICAL_CROSSENTROPY,
    RUNNEL_TRAINER_LOSS_MEAN_SQUARED_ERROR
};
enum { RUNNEL_TRAINER_OPTIMIZER_SGD, RUNNEL_TRAINER_OPTIMIZER_RMSPROP, RUNNEL_TRAINER_OPTIMIZER_ADAM };
/* What an update changes: everything; the Dense layers; all biases; the embedding's rows of the tokens seen; nothing: a
 * network that only runs, without memory for training. */
enum {
    RUNNEL_TRAINER_SCOPE_ALL,
    RUNNEL_TRAINER_SCOPE_HEAD,
    RUNNEL_TRAINER_SCOPE_BIASES,
    RUNNEL_TRAINER_SCOPE_ROWS,
    RUNNEL_TRAINER_SCOPE_NONE
};

typedef struct runnel_trainer_layer {
    size_t struct_size;            /* all layers of a network have the same */
    uint32_t kind;                 /* RUNNEL_TRAINER_KIND_ */
    uint32_t units;                /* embedding: width of a row; features: values a step; one_hot: its tokens */
    uint32_t tokens;               /* embedding and one_hot: ids are 0 .. tokens-1, at most 65536 of them */
    uint32_t activation;           /* RUNNEL_TRAINER_FUNCTION_; gru and lstm: tanh; simple_rnn: any but softmax */
    uint32_t recurrent_activation; /* gru and lstm: sigmoid or hard_sigmoid */
    uint32_t mask_zero;            /* embedding: 1: token 0 changes nothing */
    int32_t state_bits;            /* fraction bits of features, and of the state of a relu or linear simple_rnn */
    uint32_t dropout;              /* share of the layer's inputs, 16 fraction bits; one mask a sequence, as Keras */
    uint32_t recurrent_dropout;    /* likewise of the state that enters the recurrent product */
    uint32_t dropout_each_step;    /* 1: recurrent layers behind another draw `dropout`'s mask for each step anew */
} runnel_trainer_layer;
#define RUNNEL_TRAINER_LAYER_INIT                                                                                    \
    {                                                                                                                \
        sizeof(runnel_trainer_layer), 0, 0, 0, RUNNEL_TRAINER_FUNCTION_TANH, RUNNEL_TRAINER_FUNCTION_SIGMOID, 0, 11, \
            0, 0, 0                                                                                                  \
    }

typedef struct runnel_trainer_specification {
    size_t struct_size;
    const runnel_trainer_layer* layers; /* read by runnel_trainer_bytes and _create only */
    const char* isa;                    /* instruction set; null: the best of this CPU */
    uint32_t layer_count;               /* 3 to RUNNEL_MAX_LAYERS, and the input where it is no embedding */
    uint32_t batch;                     /* most sequences of a batch */
    uint32_t steps;                     /* most time steps of a sequence */
    uint32_t truncate;                  /* errors go back this many steps; 0: all */
    uint32_t loss;                      /* RUNNEL_TRAINER_LOSS_ */
    uint32_t optimizer;                 /* RUNNEL_TRAINER_OPTIMIZER_ */
    uint32_t scope;                     /* RUNNEL_TRAINER_SCOPE_ */
    uint32_t weight_bits;               /* 16, or 8: products see the weights rounded to an int8 grid */
    uint32_t learning_rate;             /* 28 fraction bits: below 16 */
    uint32_t momentum;                  /* SGD's momentum or Adam's beta_1, 15 fraction bits, below 2 */
    uint32_t decay;                     /* 1 - rho of RMSprop or 1 - beta_2 of Adam, 16 fraction bits, below 1 */
    uint32_t epsilon;                   /* 30 fraction bits */
    uint32_t clip_value;                /* bound on each mean gradient, 20 fraction bits; 0: 16 */
    uint32_t clip_norm;                 /* bound on the norm of all mean gradients, 20 fraction bits; 0: none */
    uint32_t seed;                      /* of dropout and stochastic rounding */
    uint32_t reserved;                  /* 0 */
} runnel_trainer_specification;
/* Keras' RMSprop: learning rate 0.001, rho 0.9, epsilon 1e-7; one sequence of one step. */
#define RUNNEL_TRAINER_SPECIFICATION_INIT                                                                      \
    {                                                                                                          \
        sizeof(runnel_trainer_specification), NULL, NULL, 0, 1, 1, 0, RUNNEL_TRAINER_LOSS_BINARY_CROSSENTROPY, \
            RUNNEL_TRAINER_OPTIMIZER_RMSPROP, RUNNEL_TRAINER_SCOPE_ALL, 16, 268435, 0, 6554, 107, 0, 0, 1, 0   \
    }

/* Sequences [count][steps], first step first. */
typedef struct runnel_trainer_batch {
    size_t struct_size;
    const uint16_t* tokens;  /* embedding and one_hot */
    const int16_t* features; /* [count][steps][features] */
    const int32_t* targets;  /* [count][outputs], 16 fraction bits; sparse loss: [count] classes; predict: null */
    const uint32_t* order;   /* sequence i is number order[i] of the arrays; null: i */
    uint32_t count;
    uint32_t steps;
} runnel_trainer_batch;
#define RUNNEL_TRAINER_BATCH_INIT \
    { sizeof(runnel_trainer_batch), NULL, NULL, NULL, NULL, 0, 0 }

typedef struct runnel_trainer_result {
    size_t struct_size;
    int64_t loss;     /* sum over the sequences, 20 fraction bits */
    uint32_t count;   /* sequences */
    uint32_t correct; /* of the classification losses: answers on the target's side */
} runnel_trainer_result;
#define RUNNEL_TRAINER_RESULT_INIT \
    { sizeof(runnel_trainer_result), 0, 0, 0 }

/* A parameter tensor, row-major: [outputs][inputs], embedding and one_hot's kernel [tokens][outputs]. Gates are in
 * Keras' order. Its numbers are valid until the parameters change. */
typedef struct runnel_trainer_tensor {
    size_t struct_size;
    const char* name;       /* "embeddings", "kernel", "recurrent_kernel", "bias", "recurrent_bias" (GRU) */
    const int16_t* weights; /* with `bits` fraction bits; null for biases */
    const int32_t* biases;  /* with 26 fraction bits; null for weights */
    uint32_t layer;         /* index in the specification's layers */
    uint32_t rows;
    uint32_t columns;
    int32_t bits;
} runnel_trainer_tensor;

/* What left its range since the trainer was created, in numbers saturated. */
typedef struct runnel_trainer_saturation {
    size_t struct_size;
    uint32_t preactivations;
    uint32_t states;
    uint32_t weights;
} runnel_trainer_saturation;

/* New words that a patch carries: of tokens that the model has, but no word for. */
typedef struct runnel_trainer_words {
    size_t struct_size;
    const char* text;     /* UTF-8, each word ended by a zero */
    uint32_t bytes;       /* of `text`; 0: no words */
    uint32_t first_token; /* of the first word; the others' follow */
} runnel_trainer_words;
#define RUNNEL_TRAINER_WORDS_INIT \
    { sizeof(runnel_trainer_words), NULL, 0, 0 }

/* What a patch says of itself. */
typedef struct runnel_trainer_patch_info {
    size_t struct_size;
    uint8_t model[32]; /* hash of the model's file */
    uint32_t step;
    uint32_t seed;
    uint32_t entries;          /* runs of rows, and the words */
    uint32_t words_bytes;      /* of words_text; 0: no words */
    uint32_t first_word_token; /* of the first word; the others' follow */
    const char* words_text;    /* in the patch: UTF-8, each word ended by a zero */
} runnel_trainer_patch_info;

typedef struct runnel_trainer runnel_trainer;

/* One English sentence without the final stop, of any number; never null. */
const char* runnel_trainer_message(runnel_trainer_status status);

/* Size of the block: all that the trainer will ever need, itself included. 0 on an error, which are those of the
 * specification: WRONG_LAYERS to WRONG_LOSS, WRONG_OPTIMIZER to WRONG_STRUCT. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_bytes(const runnel_trainer_specification* specification,
                                                          size_t* bytes);
/* With zero parameters, in `block`. *trainer is null on an error: as above, MISALIGNED, BLOCK_TOO_SMALL, UNKNOWN_ISA */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_create(const runnel_trainer_specification* specification,
                                                           void* block, size_t size, runnel_trainer** trainer);

/* One update from one batch; `result` is that of the parameters before. WRONG_BATCH, TOKEN_OUT_OF_RANGE,
 * TARGET_OUT_OF_RANGE, WRONG_STRUCT, also of the two below. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_train(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                                          runnel_trainer_result* result);
/* Loss and accuracy without an update (and without dropout); adds to `result`. Any count. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_evaluate(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                                             runnel_trainer_result* result);
/* answers[count][outputs] with 16 fraction bits. Any count. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_predict(runnel_trainer* trainer, const runnel_trainer_batch* batch,
                                                            int32_t* answers);

/* One sequence, a step at a time; the trainer's batch is 1. Starts in zero state, with the parameters as they are now;
 * all of the above, and setting parameters, end the sequence. NOT_BEGUN, TOKEN_OUT_OF_RANGE. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_begin(runnel_trainer* trainer);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_advance_token(runnel_trainer* trainer, uint32_t token);
/* `values`: as many as the features layer has. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_advance_values(runnel_trainer* trainer, const int16_t* values);
/* The answer to the steps since begin: runnel_trainer_outputs numbers with 16 fraction bits, as predict gives it. */
void runnel_trainer_answer(runnel_trainer* trainer, int32_t* to);
/* The sequence's state, to go on from it later or in another trainer of the same network and parameters: between begin
 * and the next of the above. NOT_BEGUN, WRONG_STATE. */
size_t runnel_trainer_state_bytes(const runnel_trainer* trainer);
void runnel_trainer_save_state(const runnel_trainer* trainer, void* to);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_restore_state(runnel_trainer* trainer, const void* from);

/* Number of parameter tensors, and one of them; beyond: no rows, no numbers, "". */
uint32_t runnel_trainer_parameters(const runnel_trainer* trainer);
void runnel_trainer_parameter(const runnel_trainer* trainer, uint32_t index, runnel_trainer_tensor* tensor);
/* Sets a tensor of weights (`bits` 6..24 of fraction; int8: -1..17) or of biases. A weight matrix whose rows could
 * overflow the accumulators is halved until they cannot, its bits reduced likewise. WRONG_TENSOR. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_set_weights(runnel_trainer* trainer, uint32_t index,
                                                                const int16_t* values, int bits);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_set_weights_int8(runnel_trainer* trainer, uint32_t index,
                                                                     const int8_t* values, int bits);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_set_biases(runnel_trainer* trainer, uint32_t index,
                                                               const int32_t* values);

/* All parameters as one block of bytes, to keep the best so far. */
size_t runnel_trainer_saved_bytes(const runnel_trainer* trainer);
void runnel_trainer_save(const runnel_trainer* trainer, void* to);
void runnel_trainer_restore(runnel_trainer* trainer, const void* from);

/* The hash that ties a patch to its model: SHA-256 of the whole file. */
void runnel_trainer_hash_model(const void* file, size_t size, uint8_t model[32]);
/* The patch: all rows and tensors that differ from `saved` (as runnel_trainer_save wrote them when the model was
 * loaded), with the model's hash, words (null: none), step, seed and a checksum. `to` takes runnel_trainer_patch_bytes
 * (0: WRONG_STRUCT of the words), else BLOCK_TOO_SMALL. Applying one checks all of it before it changes anything:
 * DAMAGED_PATCH, FOREIGN_PATCH. */
size_t runnel_trainer_patch_bytes(const runnel_trainer* trainer, const void* saved, const runnel_trainer_words* words);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_write_patch(const runnel_trainer* trainer, const void* saved,
                                                                const uint8_t model[32], void* to, size_t size,
                                                                const runnel_trainer_words* words);
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_apply_patch(runnel_trainer* trainer, const void* patch, size_t size,
                                                                const uint8_t model[32]);
/* Whether the patch is whole, else DAMAGED_PATCH; runnel_trainer_apply_patch says whether it fits a network. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_read_patch(const void* patch, size_t size,
                                                               runnel_trainer_patch_info* info);
/* Rows of a tensor that a patch, which runnel_trainer_apply_patch took, changes. */
uint32_t runnel_trainer_patched_rows(const runnel_trainer* trainer, const void* patch, uint32_t tensor);

/* SCOPE_ROWS: only rows of these tokens are updated (a byte each, not 0: yes; kept by the caller); null: all seen. */
void runnel_trainer_restrict_rows(runnel_trainer* trainer, const uint8_t* tokens);
/* 28 fraction bits, above 0, else WRONG_RATE. */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_set_learning_rate(runnel_trainer* trainer, uint32_t rate);

/* Of all layers; of one of the specification's layers (beyond: none). */
void runnel_trainer_saturations(const runnel_trainer* trainer, runnel_trainer_saturation* saturation);
void runnel_trainer_layer_saturations(const runnel_trainer* trainer, uint32_t layer,
                                      runnel_trainer_saturation* saturation);
/* Updates made; numbers of an answer; instruction set. */
uint32_t runnel_trainer_step(const runnel_trainer* trainer);
uint32_t runnel_trainer_outputs(const runnel_trainer* trainer);
const char* runnel_trainer_isa(const runnel_trainer* trainer);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
