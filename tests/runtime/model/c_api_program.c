/* The C API from C. Each function returns the line of the first surprise, or 0. */
#include "runnel/runnel.h"
#include "runnel/trainer.h"

#include <math.h>
#include <string.h>

_Static_assert(_Generic((runnel_batch*)0, runnel_training_batch*: 0, default: 1),
               "streams stepped together are not examples trained together");

int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                  size_t session_size, float* answer);
int c_api_batch(const runnel_model* model, void* batch_block, size_t batch_size, void* session_blocks);

enum { streams = 5, steps = 7, most_features = 4 };

#define EXPECT(condition) \
    if (!(condition)) return __LINE__

/* Streams three tokens, saves, resets, restores. */
int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                  size_t session_size, float* answer) {
    runnel_model* model = NULL;
    runnel_session* session = NULL;
    unsigned char saved[1024];
    const float features[2] = {1, 2};

    EXPECT(runnel_model_load(model_block, model_size - 1, file, size, NULL, &model) == RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(runnel_model_load(model_block, model_size, file, size, "abacus", &model) == RUNNEL_UNKNOWN_ISA);
    EXPECT(runnel_model_load(model_block, model_size, file, size - 1, NULL, &model) == RUNNEL_DAMAGED);
    EXPECT(model == NULL);
    EXPECT(runnel_model_load(model_block, model_size, file, size, NULL, &model) == RUNNEL_OK);
    EXPECT(runnel_model_takes_tokens(model) == 1);
    EXPECT(runnel_model_inputs(model) == 50);
    EXPECT(runnel_model_outputs(model) == 3);
    EXPECT(strlen(runnel_model_isa(model)) > 0);
    EXPECT(runnel_session_bytes(model) <= session_size);
    EXPECT(runnel_session_create(model, session_block, 1, &session) == RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(runnel_session_create(model, session_block, session_size, &session) == RUNNEL_OK);
    EXPECT(runnel_step_token(session, 50) == RUNNEL_TOKEN_OUT_OF_RANGE);
    EXPECT(runnel_step_features(session, features, 2) == RUNNEL_WRONG_INPUT);
    EXPECT(runnel_step_token(session, 1) == RUNNEL_OK);
    EXPECT(runnel_state_bytes(session) <= sizeof saved);
    EXPECT(runnel_save_state(session, saved, sizeof saved) == RUNNEL_OK);
    EXPECT(runnel_session_apply_patch(session, saved, sizeof saved, NULL, 0) == RUNNEL_NOT_FIXED);
    runnel_reset(session);
    EXPECT(runnel_restore_state(session, saved, runnel_state_bytes(session)) == RUNNEL_OK);
    EXPECT(runnel_step_token(session, 2) == RUNNEL_OK);
    EXPECT(runnel_step_token(session, 3) == RUNNEL_OK);
    memcpy(answer, runnel_output(session), 3 * sizeof(float));
    EXPECT(strlen(runnel_message(RUNNEL_WRONG_STATE)) > 0);
    return 0;
}

/* The stream that rests in a step, and the one that starts anew before it. */
static int resting(int step) { return (step + 2) % streams; }
static int starting(int step) { return step >= 3 ? step % streams : -1; }

/* Every stream answers what its own session answers. */
static int same_answers(runnel_batch* batch, runnel_session** alone, uint32_t outputs) {
    for (int i = 0; i < streams; ++i)
        if (memcmp(runnel_output(runnel_batch_stream(batch, (uint32_t)i)), runnel_output(alone[i]),
                   outputs * sizeof(float)) != 0)
            return 0;
    return 1;
}

/* Steps `streams` streams together and, in sessions of their own, one by one. `session_blocks`: one behind another. */
int c_api_batch(const runnel_model* model, void* batch_block, size_t batch_size, void* session_blocks) {
    const int tokens = runnel_model_takes_tokens(model);
    const uint32_t inputs = runnel_model_inputs(model), outputs = runnel_model_outputs(model);
    const size_t session_size = runnel_session_bytes(model);
    runnel_batch* batch = NULL;
    runnel_session* alone[streams];
    uint32_t ids[streams];
    float values[streams][most_features];
    const float* features[streams];

    EXPECT(tokens || inputs <= most_features);
    EXPECT(runnel_batch_bytes(model, streams) <= batch_size);
    EXPECT(runnel_batch_create(model, 0, batch_block, batch_size, &batch) == RUNNEL_WRONG_BATCH);
    EXPECT(runnel_batch_create(model, streams, batch_block, session_size, &batch) == RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(runnel_batch_create(model, streams, (char*)batch_block + 4, batch_size, &batch) == RUNNEL_MISALIGNED);
    EXPECT(batch == NULL);
    EXPECT(runnel_batch_create(model, streams, batch_block, batch_size, &batch) == RUNNEL_OK);
    for (int i = 0; i < streams; ++i)
        EXPECT(runnel_session_create(model, (char*)session_blocks + (size_t)i * session_size, session_size,
                                     &alone[i]) == RUNNEL_OK);

    for (int t = 0; t < steps; ++t) {
        if (starting(t) >= 0) {
            runnel_reset(runnel_batch_stream(batch, (uint32_t)starting(t)));
            runnel_reset(alone[starting(t)]);
        }
        for (int i = 0; i < streams; ++i) {
            ids[i] = i == resting(t) ? RUNNEL_RESTING : (uint32_t)(t * 7 + i * 3) % inputs;
            for (int k = 0; k < most_features; ++k) values[i][k] = (float)((t * 5 + i * 11 + k * 3) % 17 - 8) / 8;
            features[i] = i == resting(t) ? NULL : values[i];
            if (i == resting(t)) continue;
            EXPECT((tokens ? runnel_step_token(alone[i], ids[i])
                           : runnel_step_features(alone[i], features[i], inputs)) == RUNNEL_OK);
        }
        EXPECT((tokens ? runnel_batch_step_tokens(batch, ids, streams)
                       : runnel_batch_step_features(batch, features, streams)) == RUNNEL_OK);
        EXPECT(same_answers(batch, alone, outputs));
    }

    if (tokens) {
        EXPECT(runnel_batch_step_tokens(batch, ids, streams - 1) == RUNNEL_WRONG_BATCH);
        EXPECT(runnel_batch_step_features(batch, features, streams) == RUNNEL_WRONG_INPUT);
        ids[streams - 1] = inputs;
        EXPECT(runnel_batch_step_tokens(batch, ids, streams) == RUNNEL_TOKEN_OUT_OF_RANGE);
    } else {
        EXPECT(runnel_batch_step_features(batch, features, streams + 1) == RUNNEL_WRONG_BATCH);
        values[0][0] = NAN;
        EXPECT(runnel_batch_step_features(batch, features, streams) == RUNNEL_NOT_FINITE);
    }
    EXPECT(same_answers(batch, alone, outputs)); /* an error moves no stream */
    return 0;
}
