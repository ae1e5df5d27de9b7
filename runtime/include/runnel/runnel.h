/* Runnel's C API: runnel.hpp for C. Shapes, ranges, ownership and errors are those of the C++ functions.
 * Blocks must lie at multiples of 64 bytes. Every function returns a runnel_status unless it says otherwise. */
#ifndef RUNNEL_H
#define RUNNEL_H
#include <stddef.h>
#include <stdint.h>
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

typedef enum runnel_status {
    RUNNEL_OK = 0,
    RUNNEL_MISALIGNED,
    RUNNEL_NOT_A_MODEL,
    RUNNEL_DAMAGED,
    RUNNEL_TOO_NEW,
    RUNNEL_INVALID_LAYER,
    RUNNEL_TOO_MANY_LAYERS,
    RUNNEL_UNKNOWN_ISA,
    RUNNEL_UNAVAILABLE_ISA,
    RUNNEL_BLOCK_TOO_SMALL,
    RUNNEL_WRONG_INPUT,
    RUNNEL_TOKEN_OUT_OF_RANGE,
    RUNNEL_WRONG_FEATURE_COUNT,
    RUNNEL_NOT_FINITE,
    RUNNEL_WRONG_STATE,
    RUNNEL_WRONG_BATCH,
    RUNNEL_NOT_FIXED,
    RUNNEL_DAMAGED_PATCH,
    RUNNEL_FOREIGN_PATCH,
    RUNNEL_LEFT_OUT
} runnel_status;

typedef struct runnel_model runnel_model;
typedef struct runnel_session runnel_session;
typedef struct runnel_batch runnel_batch;

/* One English sentence; never null. */
const char* runnel_message(runnel_status status);

/* Bytes of the block that holds a model's plan. */
size_t runnel_model_bytes(void);
/* Loads `size` bytes of a file into a model built in `block`. `isa`: null for the best. */
runnel_status runnel_model_load(void* block, size_t block_size, const void* bytes, size_t size, const char* isa,
                                runnel_model** model);
/* 1 if the model takes tokens, else 0; values per step (or number of tokens); values per answer. */
int runnel_model_takes_tokens(const runnel_model* model);
uint32_t runnel_model_inputs(const runnel_model* model);
uint32_t runnel_model_outputs(const runnel_model* model);
const char* runnel_model_isa(const runnel_model* model);

size_t runnel_session_bytes(const runnel_model* model);
runnel_status runnel_session_create(const runnel_model* model, void* block, size_t block_size,
                                    runnel_session** session);
runnel_status runnel_step_token(runnel_session* session, uint32_t token);
runnel_status runnel_step_features(runnel_session* session, const float* features, size_t count);
/* `outputs` values, valid until the next call on this session. */
const float* runnel_output(runnel_session* session);
void runnel_reset(runnel_session* session);
runnel_status runnel_session_patch_bytes(const runnel_session* session, const void* patch, size_t size, size_t* bytes);
runnel_status runnel_session_apply_patch(runnel_session* session, const void* patch, size_t size, void* block,
                                         size_t block_size);
uint64_t runnel_saturations(const runnel_session* session);
uint64_t runnel_layer_saturations(const runnel_session* session, uint32_t layer);
size_t runnel_state_bytes(const runnel_session* session);
runnel_status runnel_save_state(const runnel_session* session, void* to, size_t size);
runnel_status runnel_restore_state(runnel_session* session, const void* from, size_t size);

/* Many streams stepped together; RUNNEL_RESTING in place of a token, null in place of features: that one rests. */
#define RUNNEL_RESTING 0xffffffffu
size_t runnel_batch_bytes(const runnel_model* model, uint32_t streams);
runnel_status runnel_batch_create(const runnel_model* model, uint32_t streams, void* block, size_t block_size,
                                  runnel_batch** batch);
/* One stream of the batch, for runnel_output, runnel_reset and the saved state. */
runnel_session* runnel_batch_stream(runnel_batch* batch, uint32_t index);
/* One entry for each stream. */
runnel_status runnel_batch_step_tokens(runnel_batch* batch, const uint32_t* tokens, size_t count);
runnel_status runnel_batch_step_features(runnel_batch* batch, const float* const* features, size_t count);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
