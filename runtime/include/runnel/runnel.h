/* Runnel's C API: recurrent networks, one step at a time, in the caller's memory.
 *
 *     void* block = ...;                       RUNNEL_ALIGNMENT, runnel_model_bytes() long
 *     runnel_model* model;
 *     runnel_status status = runnel_model_load(block, runnel_model_bytes(), file, size, NULL, &model);
 *     ... runnel_session_bytes(model) ... runnel_session_create(model, ...) ... runnel_step_token(session, token) ...
 *     const float* answer = runnel_output(session);
 *
 * Nothing here allocates, prints, locks or makes a system call; nothing needs to be destroyed. A C program links the
 * library and the C library's mathematics (-lrunnel -lm).
 *
 * Threads: a loaded model may be used by any number of threads at once; a session, a window, and a batch with all its
 * streams, by one thread at a time. Different sessions over one model need no lock.
 *
 * Lifetimes: the file's bytes outlive the model, the model outlives its sessions, batches and windows, the caller's
 * blocks outlive what was created in them. What lies in a block stays where it is: a block must not be copied or moved.
 *
 * Blocks and the file's bytes lie at multiples of RUNNEL_ALIGNMENT (64) bytes, else RUNNEL_MISALIGNED.
 *
 * Errors: where a function returns a status and it is not RUNNEL_OK, nothing has changed, unless the function says
 * otherwise. Files, patches and saved states may come from anyone: they are verified before they are used. Pointers and
 * sizes are the program's own and are believed; null is allowed where it says so.
 *
 * Structures begin with struct_size, which the caller sets to the structure's sizeof before the call. So many bytes are
 * filled; those of a field that the library does not know yet become 0. Thus a program and a library of different
 * versions understand each other. */
#ifndef RUNNEL_H
#define RUNNEL_H
#include <stddef.h>
#include <stdint.h>

#include "runnel/constants.h"
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

typedef enum runnel_status {
    RUNNEL_OK = 0,
    RUNNEL_MISALIGNED,          /* the memory does not lie at a multiple of RUNNEL_ALIGNMENT bytes */
    RUNNEL_NOT_A_MODEL,         /* too short, or without the file identifier "RNL1" */
    RUNNEL_DAMAGED,             /* structure or checksum is wrong: the file was truncated or changed */
    RUNNEL_TOO_NEW,             /* written in a later format version than this library knows */
    RUNNEL_INVALID_LAYER,       /* a layer contradicts itself or its neighbours: see runnel_model_failed_layer */
    RUNNEL_TOO_MANY_LAYERS,     /* more than RUNNEL_MAX_LAYERS */
    RUNNEL_UNKNOWN_ISA,         /* no such instruction set in this build */
    RUNNEL_UNAVAILABLE_ISA,     /* this CPU lacks the instruction set */
    RUNNEL_BLOCK_TOO_SMALL,     /* the caller's block is null or smaller than asked for */
    RUNNEL_WRONG_INPUT,         /* a token for a model that takes features, or the reverse */
    RUNNEL_TOKEN_OUT_OF_RANGE,  /* token id >= runnel_model_inputs */
    RUNNEL_WRONG_FEATURE_COUNT, /* not runnel_model_inputs features */
    RUNNEL_NOT_FINITE,          /* a feature is NaN or infinite; the state is as it was */
    RUNNEL_WRONG_STATE,         /* the saved state is of another model, or damaged */
    RUNNEL_WRONG_BATCH,         /* no streams, or not one input for each of them */
    RUNNEL_NOT_FIXED,           /* a patch for a model whose weights are not fixed */
    RUNNEL_DAMAGED_PATCH,       /* truncated, changed, or with tensors that this model does not have */
    RUNNEL_FOREIGN_PATCH,       /* of another model */
    RUNNEL_LEFT_OUT,            /* a layer of a number format or a cell that this build leaves out: as INVALID_LAYER */
    RUNNEL_NOT_LOADED,          /* the model has not been loaded, or its load failed */
    RUNNEL_OUT_OF_MEMORY,       /* C++ only (runnel/owned.hpp) */
    RUNNEL_WRONG_WINDOW         /* no steps, or no hop */
} runnel_status;

typedef struct runnel_model runnel_model;
typedef struct runnel_session runnel_session;
typedef struct runnel_batch runnel_batch;
typedef struct runnel_window runnel_window;

/* One English sentence without the final stop, of any number; never null. */
const char* runnel_message(runnel_status status);
/* Version of the library, as RUNNEL_VERSION is that of the headers. */
const char* runnel_version(void);
/* Instruction sets of this build that this CPU can run, best first, ended by null. */
const char* const* runnel_isas(void);

/* ---- Models ----
 * A model that is null, or that was not loaded, has no inputs, outputs and layers; its names are "", never null. */

/* Bytes of the block that holds a model: its plan of a few kilobytes; the weights stay in the file's bytes. */
size_t runnel_model_bytes(void);

/* Verifies the `size` bytes of a file at `bytes` and plans their execution in `block`. `isa`: one of runnel_isas(), or
 * null for the best.
 *
 * The bytes are the whole file. They must outlive the model and stay as they are: nothing is checked twice. Who maps
 * the file promises that nobody truncates or overwrites it in place while the model is loaded, under any name it has:
 * the first kills the process (SIGBUS), the second makes steps on mixed weights, or out of bounds. A file that is
 * replaced by renaming another one over it stays whole for who has mapped it. Who cannot promise that reads the file
 * into memory of its own and loads it there.
 *
 * *model is null after RUNNEL_MISALIGNED or RUNNEL_BLOCK_TOO_SMALL of the block; after any other error it is a model
 * that is not loaded, to be asked for its failed layer. A block may be loaded again once nothing uses the sessions over
 * its model any more. */
RUNNEL_CHECKED runnel_status runnel_model_load(void* block, size_t block_size, const void* bytes, size_t size,
                                               const char* isa, runnel_model** model);
/* The layer, from 0, that RUNNEL_INVALID_LAYER or RUNNEL_LEFT_OUT is about; -1 otherwise. Its name, in the file's bytes, or "". */
int runnel_model_failed_layer(const runnel_model* model);
const char* runnel_model_failed_layer_name(const runnel_model* model);

/* 1 if the model takes tokens, else 0; values per step (or number of tokens); values per answer; the instruction set
 * in use. */
int runnel_model_takes_tokens(const runnel_model* model);
uint32_t runnel_model_inputs(const runnel_model* model);
uint32_t runnel_model_outputs(const runnel_model* model);
const char* runnel_model_isa(const runnel_model* model);

typedef struct runnel_model_info {
    size_t struct_size;        /* set by the caller */
    uint32_t takes_tokens;     /* 1: the first layer is an embedding, or a fixed model's one-hot input */
    uint32_t inputs;           /* tokens: ids are 0 .. inputs-1; features: values per step */
    uint32_t outputs;          /* values per answer */
    uint32_t returns_sequence; /* 1: the source model answers at every step */
    uint32_t layers;
    uint32_t words;           /* entries of the vocabulary; 0: none */
    uint32_t labels;          /* names of outputs; 0: none */
    uint32_t sequence_length; /* steps that the source model was built for; 0: any */
    int32_t start_token;      /* token that opens every text; -1: none */
    int32_t unknown_token;    /* token of unknown words; -1: none */
    uint64_t parameters;      /* counted as Keras does */
    size_t weight_bytes;      /* packed weights, biases and embeddings */
    size_t file_bytes;
    const char* source_name; /* strings are never null, may be empty; they lie in the file's bytes */
    const char* source_sha256;
    const char* source_framework;
    const char* converter_version;
    const char* isa; /* instruction set in use */
    uint32_t input_ports;  /* named pieces of the features of a step; 0: they are one */
    uint32_t output_ports; /* named pieces of an answer; 0: it is one */
    uint32_t wait;         /* steps after a reset that only fill the windows of convolutions: until then the answer is
                              zeros and means nothing */
} runnel_model_info;

/* A named piece of a step's features or of an answer: `count` values from `first` on. */
typedef struct runnel_port_info {
    size_t struct_size; /* set by the caller */
    const char* name;   /* as in the source file */
    uint32_t first;
    uint32_t count;
} runnel_port_info;

typedef struct runnel_layer_info {
    size_t struct_size;     /* set by the caller */
    const char* name;       /* as in the source file; strings as above */
    const char* kind;       /* "Embedding", "Masking", "SimpleRNN", "GRU", "LSTM", "Dense", "Activation", "Concatenate",
                               "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Slice",
                               "Window" */
    const char* activation; /* "" where there is none */
    const char* format;     /* "f32", "f16", "int8", "int8x16", "int4", "fixed", "fixed8"; "" where there are none */
    uint32_t dynamic;       /* 1: quantized, and a range is found anew in each step */
    uint32_t projected;     /* 1: an Embedding that holds the next layer's input products instead of its own rows */
    uint32_t recurrent;     /* 1: has a state */
    uint32_t inputs;
    uint32_t outputs;
    float input_range; /* largest magnitude of its inputs that does not saturate; 0: all, or dynamic */
    float state_range; /* likewise of the state that it multiplies */
    uint64_t parameters;
    size_t weight_bytes;
    uint32_t sources; /* values that it reads: see runnel_model_source */
} runnel_layer_info;

void runnel_model_get_info(const runnel_model* model, runnel_model_info* info);
/* 0 <= index < layers; beyond: zeros and "". */
void runnel_model_get_layer(const runnel_model* model, uint32_t index, runnel_layer_info* info);
/* The word of a token < words, the name of an output < labels, in UTF-8; beyond: "". */
const char* runnel_model_word(const runnel_model* model, uint32_t token);
const char* runnel_model_label(const runnel_model* model, uint32_t index);
/* The pieces of the features and of the answer, 0 <= index < input_ports, output_ports; beyond: zeros and "". */
void runnel_model_get_input_port(const runnel_model* model, uint32_t index, runnel_port_info* info);
void runnel_model_get_output_port(const runnel_model* model, uint32_t index, runnel_port_info* info);
/* What a layer reads, 0 <= index < sources: 0 is the model's input, n the output of layer n - 1, which stands before
 * it; beyond: 0. */
uint32_t runnel_model_source(const runnel_model* model, uint32_t layer, uint32_t index);

/* ---- Sessions: one stream each ---- */

/* Bytes of a session's block, a multiple of 64; 0: the model is not loaded. Depends on model and instruction set only.
 * The header that runnel-convert writes (-o model.h) has a bound for blocks of constant size. */
size_t runnel_session_bytes(const runnel_model* model);
/* Builds a session in zero state in `block`. RUNNEL_NOT_LOADED, RUNNEL_MISALIGNED, RUNNEL_BLOCK_TOO_SMALL. */
RUNNEL_CHECKED runnel_status runnel_session_create(const runnel_model* model, void* block, size_t block_size,
                                                   runnel_session** session);

/* Advances by one token; a model that takes F features reads a token as one-hot of width F. RUNNEL_WRONG_INPUT,
 * RUNNEL_TOKEN_OUT_OF_RANGE. */
RUNNEL_CHECKED runnel_status runnel_step_token(runnel_session* session, uint32_t token);
/* Advances by one step of runnel_model_inputs features, which are not needed afterwards. RUNNEL_WRONG_INPUT,
 * RUNNEL_WRONG_FEATURE_COUNT, RUNNEL_NOT_FINITE. */
RUNNEL_CHECKED runnel_status runnel_step_features(runnel_session* session, const float* features, size_t count);
/* The model's answer to all steps since the last reset: runnel_model_outputs values in the session's block, valid until
 * the next call on this session. What lies behind the last recurrent layer is computed here, once per step. */
const float* runnel_output(runnel_session* session);
/* Back to zero state. */
void runnel_reset(runnel_session* session);

/* How many numbers since the session was created were outside the range that calibration gave them, and so were set to
 * its end: of all layers, of one layer (beyond: 0). Always 0 without quantized layers and where ranges are dynamic. */
uint64_t runnel_saturations(const runnel_session* session);
uint64_t runnel_layer_saturations(const runnel_session* session, uint32_t layer);

/* Models with fixed weights: puts what was learned (runnel_trainer_write_patch) in the place of the model's parameters,
 * in this session alone, and goes back to zero state. The tensors that the patch changes are copied to `block`, at a
 * multiple of RUNNEL_ALIGNMENT and kept as long as the session's own; all others stay the model's. A later patch takes
 * the place of an earlier one, and may take its block. The patch's bytes are not needed afterwards. On an error nothing
 * has changed. RUNNEL_NOT_FIXED, RUNNEL_DAMAGED_PATCH, RUNNEL_FOREIGN_PATCH, RUNNEL_MISALIGNED,
 * RUNNEL_BLOCK_TOO_SMALL. */
RUNNEL_CHECKED runnel_status runnel_session_apply_patch(runnel_session* session, const void* patch, size_t size,
                                                        void* block, size_t block_size);
/* Bytes of the block that it needs for this patch, a multiple of 64. RUNNEL_NOT_FIXED, RUNNEL_DAMAGED_PATCH,
 * RUNNEL_FOREIGN_PATCH. */
RUNNEL_CHECKED runnel_status runnel_session_patch_bytes(const runnel_session* session, const void* patch, size_t size,
                                                        size_t* bytes);

/* The state as bytes, for runnel_restore_state of any session over the same model (on any instruction set); they may
 * lie anywhere. RUNNEL_BLOCK_TOO_SMALL, RUNNEL_WRONG_STATE. */
size_t runnel_state_bytes(const runnel_session* session);
RUNNEL_CHECKED runnel_status runnel_save_state(const runnel_session* session, void* to, size_t size);
RUNNEL_CHECKED runnel_status runnel_restore_state(runnel_session* session, const void* from, size_t size);

/* ---- Batches: many streams stepped together; each has the numbers that a session of its own would have ---- */

/* In place of a token; null in place of features: that stream rests, its state and answer stay as they are. */
#define RUNNEL_RESTING 0xffffffffu

/* Bytes of a batch's block; 0: the model is not loaded; SIZE_MAX: more than memory can have. */
size_t runnel_batch_bytes(const runnel_model* model, uint32_t streams);
/* Builds `streams` > 0 streams in zero state. RUNNEL_NOT_LOADED, RUNNEL_WRONG_BATCH, RUNNEL_MISALIGNED,
 * RUNNEL_BLOCK_TOO_SMALL. */
RUNNEL_CHECKED runnel_status runnel_batch_create(const runnel_model* model, uint32_t streams, void* block,
                                                 size_t block_size, runnel_batch** batch);
uint32_t runnel_batch_streams(const runnel_batch* batch);
/* One stream of the batch, for runnel_output, runnel_reset and the saved state; null: there is none of that number. */
runnel_session* runnel_batch_stream(runnel_batch* batch, uint32_t index);
/* One entry for each stream. On an error no stream has moved: RUNNEL_WRONG_BATCH, and those of a session's step. */
RUNNEL_CHECKED runnel_status runnel_batch_step_tokens(runnel_batch* batch, const uint32_t* tokens, size_t count);
RUNNEL_CHECKED runnel_status runnel_batch_step_features(runnel_batch* batch, const float* const* features,
                                                        size_t count);

/* ---- Windows: the answer to the last `steps` steps of one endless stream, as a network that was trained on sequences
 * of so many steps gives it ----
 * The first window is the steps 1 .. `steps`; each further one begins `hop` steps later. A window's answer is, to the
 * bit, that of a session in zero state to the window's steps. */

/* Bytes of a window's block, a multiple of 64: about ceil(steps / hop) sessions; 0: the model is not loaded, or `steps`
 * or `hop` is 0; SIZE_MAX: more than memory can have. */
size_t runnel_window_bytes(const runnel_model* model, uint32_t steps, uint32_t hop);
/* Builds a window before its first step. RUNNEL_NOT_LOADED, RUNNEL_WRONG_WINDOW, RUNNEL_MISALIGNED,
 * RUNNEL_BLOCK_TOO_SMALL. */
RUNNEL_CHECKED runnel_status runnel_window_create(const runnel_model* model, uint32_t steps, uint32_t hop, void* block,
                                                  size_t block_size, runnel_window** window);
/* The stream's next step, as a session takes it, with the same errors, after which all is as it was. */
RUNNEL_CHECKED runnel_status runnel_window_step_token(runnel_window* window, uint32_t token);
RUNNEL_CHECKED runnel_status runnel_window_step_features(runnel_window* window, const float* features, size_t count);
/* The answer to the window that ended with the last step: runnel_model_outputs values in the window's block, valid
 * until the next call on it. Null where none ended: in the `steps` - 1 first steps, and between two hops. */
const float* runnel_window_output(runnel_window* window);
/* As before the first step: the next answer comes after `steps` steps. */
void runnel_window_reset(runnel_window* window);
/* As those of a session, for the whole window, which is reset; a block of that size serves all of it. */
RUNNEL_CHECKED runnel_status runnel_window_apply_patch(runnel_window* window, const void* patch, size_t size,
                                                       void* block, size_t block_size);
RUNNEL_CHECKED runnel_status runnel_window_patch_bytes(const runnel_window* window, const void* patch, size_t size,
                                                       size_t* bytes);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
