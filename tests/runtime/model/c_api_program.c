/* The C API from C: streams three tokens, saves, resets, restores. Returns the line of the first surprise, or 0. */
#include "runnel/runnel.h"

#include <string.h>

int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                  size_t session_size, float* answer);

#define EXPECT(condition) \
    if (!(condition)) return __LINE__

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
    EXPECT(runnel_session_apply_patch(session, saved, sizeof saved) == RUNNEL_NOT_FIXED);
    runnel_reset(session);
    EXPECT(runnel_restore_state(session, saved, runnel_state_bytes(session)) == RUNNEL_OK);
    EXPECT(runnel_step_token(session, 2) == RUNNEL_OK);
    EXPECT(runnel_step_token(session, 3) == RUNNEL_OK);
    memcpy(answer, runnel_output(session), 3 * sizeof(float));
    EXPECT(strlen(runnel_message(RUNNEL_WRONG_STATE)) > 0);
    return 0;
}
