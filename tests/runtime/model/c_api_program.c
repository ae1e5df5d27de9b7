/* The C API from C. Each function returns the line of the first surprise, or 0. */
#include "runnel/runnel.h"

#include <math.h>
#include <string.h>

int c_api_description(const void* file, size_t size, void* block);
int c_api_failures(const void* file, size_t size, void* block, const char* failed_name);
int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                  size_t session_size, float* answer);
int c_api_batch(const runnel_model* model, void* batch_block, size_t batch_size, void* session_blocks);
int c_api_window(const runnel_model* model, void* window_block, size_t window_size, void* session_block);

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

/* What the model of c_api_test.cpp tells of itself; a structure shorter or longer than the library's. */
int c_api_description(const void* file, size_t size, void* block) {
    runnel_model* model = NULL;
    runnel_model_info info = {.struct_size = sizeof info};
    runnel_layer_info layer = {.struct_size = sizeof layer};
    struct {
        runnel_model_info known;
        unsigned char newer[24];
    } longer;
    EXPECT(runnel_model_load(block, runnel_model_bytes(), file, size, runnel_isas()[0], &model) == RUNNEL_OK);
    EXPECT(runnel_model_failed_layer(model) == -1);
    EXPECT(strcmp(runnel_model_failed_layer_name(model), "") == 0);

    runnel_model_get_info(model, &info);
    EXPECT(info.struct_size == sizeof info);
    EXPECT(info.takes_tokens == 1 && info.inputs == 50 && info.outputs == 3 && info.returns_sequence == 1);
    EXPECT(info.layers == 3 && info.words == 3 && info.labels == 3 && info.sequence_length == 0);
    EXPECT(info.start_token == 1 && info.unknown_token == -1);
    EXPECT(info.parameters == 50 * 5 + 3 * 9 * (5 + 9) + 4 * 9 + 3 * 10);
    EXPECT(info.weight_bytes > info.parameters && info.weight_bytes < info.file_bytes && info.file_bytes == size);
    EXPECT(strcmp(info.source_name, "some.h5") == 0 && strcmp(info.source_framework, "keras") == 0);
    EXPECT(strcmp(info.source_sha256, "abc") == 0 && strcmp(info.converter_version, RUNNEL_VERSION) == 0);
    EXPECT(strcmp(info.isa, runnel_isas()[0]) == 0);

    runnel_model_get_layer(model, 1, &layer);
    EXPECT(layer.struct_size == sizeof layer);
    EXPECT(strcmp(layer.name, "recurrent_21") == 0 && strcmp(layer.kind, "GRU") == 0);
    EXPECT(strcmp(layer.activation, "tanh") == 0 && strcmp(layer.format, "f32") == 0);
    EXPECT(layer.dynamic == 0 && layer.projected == 0 && layer.recurrent == 1);
    EXPECT(layer.inputs == 5 && layer.outputs == 9 && layer.parameters == 3 * 9 * (5 + 9) + 4 * 9);
    EXPECT(layer.input_range == 0 && layer.state_range == 0 && layer.weight_bytes > 0);
    runnel_model_get_layer(model, 3, &layer);
    EXPECT(strcmp(layer.name, "") == 0 && strcmp(layer.kind, "") == 0 && layer.outputs == 0 && layer.recurrent == 0);

    EXPECT(strcmp(runnel_model_word(model, 2), "word") == 0 && strcmp(runnel_model_word(model, 3), "") == 0);
    EXPECT(strcmp(runnel_model_label(model, 1), "b") == 0 && strcmp(runnel_model_label(model, 3), "") == 0);

    memset(&info, 0x5a, sizeof info);
    info.struct_size = offsetof(runnel_model_info, returns_sequence);
    runnel_model_get_info(model, &info);
    EXPECT(info.struct_size == offsetof(runnel_model_info, returns_sequence) && info.outputs == 3);
    EXPECT(info.returns_sequence == 0x5a5a5a5a && info.file_bytes == (size_t)0x5a5a5a5a5a5a5a5aull);
    memset(&info, 0, sizeof info);
    runnel_model_get_info(model, &info);
    EXPECT(info.inputs == 0);

    memset(&longer, 0x5a, sizeof longer);
    longer.known.struct_size = (size_t)(longer.newer - (unsigned char*)&longer) + 16;
    runnel_model_get_info(model, &longer.known);
    EXPECT(longer.known.outputs == 3 && strcmp(longer.known.isa, runnel_isas()[0]) == 0);
    for (int i = 0; i < 24; ++i) EXPECT(longer.newer[i] == (i < 16 ? 0 : 0x5a));
    return 0;
}

/* Models that are not loaded: null, and of a file whose layer of this name is wrong. */
int c_api_failures(const void* file, size_t size, void* block, const char* failed_name) {
    runnel_model* model = block;
    EXPECT(runnel_model_load((char*)block + 8, runnel_model_bytes(), file, size, NULL, &model) == RUNNEL_MISALIGNED);
    EXPECT(model == NULL);
    EXPECT(runnel_model_load(NULL, runnel_model_bytes(), file, size, NULL, &model) == RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(model == NULL);
    for (int loaded = 0; loaded < 2; ++loaded) {
        runnel_model_info info = {.struct_size = sizeof info};
        runnel_layer_info layer = {.struct_size = sizeof layer};
        runnel_session* session = NULL;
        runnel_batch* batch = NULL;
        if (loaded) {
            EXPECT(runnel_model_load(block, runnel_model_bytes(), file, size, NULL, &model) == RUNNEL_INVALID_LAYER);
            EXPECT(model != NULL);
        }
        EXPECT(runnel_model_failed_layer(model) == (loaded ? 2 : -1));
        EXPECT(strcmp(runnel_model_failed_layer_name(model), loaded ? failed_name : "") == 0);
        EXPECT(runnel_model_takes_tokens(model) == 0 && runnel_model_inputs(model) == 0);
        EXPECT(runnel_model_outputs(model) == 0 && strcmp(runnel_model_isa(model), "") == 0);
        EXPECT(strcmp(runnel_model_word(model, 0), "") == 0 && strcmp(runnel_model_label(model, 0), "") == 0);
        runnel_model_get_info(model, &info);
        EXPECT(info.layers == 0 && info.unknown_token == -1 && strcmp(info.source_name, "") == 0);
        runnel_model_get_layer(model, 0, &layer);
        EXPECT(strcmp(layer.name, "") == 0 && layer.weight_bytes == 0);
        EXPECT(runnel_session_bytes(model) == 0 && runnel_batch_bytes(model, 4) == 0);
        EXPECT(runnel_session_create(model, block, size, &session) == RUNNEL_NOT_LOADED);
        EXPECT(runnel_batch_create(model, 4, block, size, &batch) == RUNNEL_NOT_LOADED);
        EXPECT(session == NULL && batch == NULL);
    }
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
    EXPECT(runnel_batch_streams(batch) == streams);
    EXPECT(runnel_batch_stream(batch, streams) == NULL);
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

/* A window of 3 steps, hop 2, beside a session that starts anew for each. */
int c_api_window(const runnel_model* model, void* window_block, size_t window_size, void* session_block) {
    enum { length = 3, hop = 2 };
    const uint32_t inputs = runnel_model_inputs(model), outputs = runnel_model_outputs(model);
    const unsigned char no_patch[64] = {0};
    const float features[2] = {1, 2};
    size_t bytes = 0;
    runnel_window* window = NULL;
    runnel_session* session = NULL;

    EXPECT(runnel_window_bytes(NULL, length, hop) == 0 && runnel_window_bytes(model, length, 0) == 0);
    EXPECT(runnel_window_bytes(model, length, hop) == window_size);
    EXPECT(runnel_window_create(NULL, length, hop, window_block, window_size, &window) == RUNNEL_NOT_LOADED);
    EXPECT(runnel_window_create(model, 0, hop, window_block, window_size, &window) == RUNNEL_WRONG_WINDOW);
    EXPECT(runnel_window_create(model, length, hop, window_block, window_size - 1, &window) == RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(runnel_window_create(model, length, hop, (char*)window_block + 4, window_size, &window) ==
           RUNNEL_MISALIGNED);
    EXPECT(window == NULL);
    EXPECT(runnel_window_create(model, length, hop, window_block, window_size, &window) == RUNNEL_OK);
    EXPECT(runnel_session_create(model, session_block, runnel_session_bytes(model), &session) == RUNNEL_OK);
    EXPECT(runnel_window_patch_bytes(window, no_patch, sizeof no_patch, &bytes) == RUNNEL_NOT_FIXED);
    EXPECT(runnel_window_apply_patch(window, no_patch, sizeof no_patch, NULL, 0) == RUNNEL_NOT_FIXED);

    for (int t = 0; t < 2 * steps; ++t) {
        const int since = t < steps ? t : t - steps; /* the reset */
        if (t == steps) runnel_window_reset(window);
        EXPECT(runnel_window_step_token(window, inputs) == RUNNEL_TOKEN_OUT_OF_RANGE);
        EXPECT(runnel_window_step_features(window, features, 2) == RUNNEL_WRONG_INPUT);
        EXPECT(runnel_window_step_token(window, (uint32_t)t) == RUNNEL_OK);
        if (since < length - 1 || (since - (length - 1)) % hop != 0) {
            EXPECT(runnel_window_output(window) == NULL);
            continue;
        }
        runnel_reset(session);
        for (int i = t - length + 1; i <= t; ++i) EXPECT(runnel_step_token(session, (uint32_t)i) == RUNNEL_OK);
        EXPECT(runnel_window_output(window) != NULL);
        EXPECT(memcmp(runnel_window_output(window), runnel_output(session), outputs * sizeof(float)) == 0);
    }
    return 0;
}
