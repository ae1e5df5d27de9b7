/* A converted model's training in C, and a session that runs what was learned. Returns the line of the first surprise,
 * or 0. */
#include "runnel/fixed_model.h"

#include <string.h>

/* `other`: a model without fixed weights; `model_blocks`: one behind the other. */
int c_api_fixed(const void* file, size_t size, const void* other, size_t other_size, void* model_blocks,
                void* session_block, size_t session_size, void* trainer_block, size_t trainer_size);

#define EXPECT(condition) \
    if (!(condition)) return __LINE__

enum { steps = 6, outputs = 3, most_saved = 1 << 15 };

_Static_assert(_Generic((runnel_batch*)0, runnel_trainer_batch*: 0, default: 1),
               "streams stepped together are not examples trained together");

static const uint16_t tokens[steps] = {1, 7, 3, 9, 49, 2};

/* The answer of a session's stream is that of the trainer, in 16 fraction bits. */
static int answers_alike(runnel_session* session, runnel_trainer* trainer) {
    runnel_trainer_batch batch = RUNNEL_TRAINER_BATCH_INIT;
    int32_t answers[outputs];
    batch.tokens = tokens, batch.count = 1, batch.steps = steps;
    EXPECT(runnel_trainer_predict(trainer, &batch, answers) == RUNNEL_TRAINER_OK);
    runnel_reset(session);
    for (int t = 0; t < steps; ++t) EXPECT(runnel_step_token(session, tokens[t]) == RUNNEL_OK);
    for (int i = 0; i < outputs; ++i) EXPECT(runnel_output(session)[i] == (float)answers[i] / 65536);
    return 0;
}

/* What no trainer of a converted model can be made of. */
static int refusals(runnel_model* model, runnel_model* other) {
    runnel_trainer_specification spec = RUNNEL_TRAINER_SPECIFICATION_INIT;
    runnel_trainer_layer layers[RUNNEL_MAX_LAYERS + 1];
    EXPECT(!runnel_model_is_fixed(NULL) && !runnel_model_is_fixed(other) && runnel_model_is_fixed(model));
    EXPECT(runnel_trainer_network(NULL, layers, sizeof *layers, 3, &spec) == RUNNEL_TRAINER_NOT_FIXED);
    EXPECT(runnel_trainer_network(other, layers, sizeof *layers, 3, &spec) == RUNNEL_TRAINER_NOT_FIXED);
    EXPECT(runnel_trainer_network(model, layers, sizeof *layers, 2, &spec) == RUNNEL_TRAINER_BLOCK_TOO_SMALL);
    EXPECT(runnel_trainer_network(model, layers, 8, 3, &spec) == RUNNEL_TRAINER_WRONG_STRUCT);
    EXPECT(runnel_trainer_load_parameters(NULL, NULL) == RUNNEL_TRAINER_NOT_FIXED);
    EXPECT(runnel_trainer_load_parameters(other, NULL) == RUNNEL_TRAINER_NOT_FIXED);
    EXPECT(spec.layers == NULL && spec.layer_count == 0);
    return 0;
}

/* The patch's words and what else it says. */
static int patch_tells(const unsigned char* patch, size_t size, const uint8_t* model) {
    runnel_trainer_patch_info info;
    info.struct_size = sizeof info;
    EXPECT(runnel_trainer_read_patch(patch, size - 1, &info) == RUNNEL_TRAINER_DAMAGED_PATCH);
    EXPECT(runnel_trainer_read_patch(patch, size, &info) == RUNNEL_TRAINER_OK);
    EXPECT(memcmp(info.model, model, 32) == 0 && info.step == 4 && info.seed == 5 && info.entries > 1);
    EXPECT(info.first_word_token == 40 && info.words_bytes == 8);
    EXPECT(memcmp(info.words_text, "one\0two", 8) == 0);
    return 0;
}

int c_api_fixed(const void* file, size_t size, const void* other_file, size_t other_size, void* model_blocks,
                void* session_block, size_t session_size, void* trainer_block, size_t trainer_size) {
    runnel_model *model = NULL, *other = NULL;
    runnel_session* session = NULL;
    runnel_trainer* trainer = NULL;
    runnel_trainer_specification spec = RUNNEL_TRAINER_SPECIFICATION_INIT;
    runnel_trainer_layer layers[RUNNEL_MAX_LAYERS + 1];
    runnel_trainer_batch batch = RUNNEL_TRAINER_BATCH_INIT;
    runnel_trainer_result before = RUNNEL_TRAINER_RESULT_INIT, result = RUNNEL_TRAINER_RESULT_INIT;
    runnel_trainer_words words = RUNNEL_TRAINER_WORDS_INIT;
    runnel_trainer_saturation saturation = {.struct_size = sizeof saturation, .weights = 7};
    static unsigned char saved[most_saved], patch[most_saved];
    static _Alignas(RUNNEL_ALIGNMENT) unsigned char changed[most_saved];
    uint8_t hash[32];
    size_t bytes = 0, patch_bytes, changed_bytes;
    uint32_t rows = 0;
    const int32_t target = 2;
    int line;

    EXPECT(runnel_model_load(model_blocks, runnel_model_bytes(), file, size, NULL, &model) == RUNNEL_OK);
    EXPECT(runnel_model_load((char*)model_blocks + runnel_model_bytes(), runnel_model_bytes(), other_file, other_size,
                             NULL, &other) == RUNNEL_OK);
    if ((line = refusals(model, other)) != 0) return line;
    EXPECT(runnel_session_bytes(model) <= session_size);
    EXPECT(runnel_session_create(model, session_block, session_size, &session) == RUNNEL_OK);

    EXPECT(runnel_trainer_network(model, layers, sizeof *layers, RUNNEL_MAX_LAYERS + 1, &spec) == RUNNEL_TRAINER_OK);
    EXPECT(spec.layers == layers && spec.layer_count == 3 && layers[2].struct_size == sizeof *layers);
    EXPECT(layers[0].kind == RUNNEL_TRAINER_KIND_EMBEDDING && layers[0].tokens == 50 && layers[1].units == 9);
    spec.steps = steps;
    spec.loss = RUNNEL_TRAINER_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY;
    spec.learning_rate = 1 << 22;
    spec.seed = 5;
    spec.isa = runnel_model_isa(model);
    EXPECT(runnel_trainer_bytes(&spec, &bytes) == RUNNEL_TRAINER_OK && bytes <= trainer_size);
    EXPECT(runnel_trainer_create(&spec, trainer_block, trainer_size, &trainer) == RUNNEL_TRAINER_OK);
    EXPECT(runnel_trainer_load_parameters(model, trainer) == RUNNEL_TRAINER_OK);
    EXPECT(runnel_trainer_outputs(trainer) == outputs && runnel_trainer_step(trainer) == 0);
    EXPECT(strcmp(runnel_trainer_isa(trainer), runnel_model_isa(model)) == 0);
    if ((line = answers_alike(session, trainer)) != 0) return line;

    EXPECT(runnel_trainer_saved_bytes(trainer) <= sizeof saved);
    runnel_trainer_save(trainer, saved);
    batch.tokens = tokens, batch.targets = &target, batch.count = 1, batch.steps = steps;
    EXPECT(runnel_trainer_evaluate(trainer, &batch, &before) == RUNNEL_TRAINER_OK && before.count == 1);
    for (int i = 0; i < 4; ++i) EXPECT(runnel_trainer_train(trainer, &batch, &result) == RUNNEL_TRAINER_OK);
    result.loss = 0;
    EXPECT(runnel_trainer_evaluate(trainer, &batch, &result) == RUNNEL_TRAINER_OK && result.loss < before.loss);
    EXPECT(result.count == 2); /* of the last training and of this evaluation */
    EXPECT(runnel_trainer_step(trainer) == 4);
    runnel_trainer_saturations(trainer, &saturation);
    EXPECT(saturation.weights == 0);
    saturation.states = 7;
    runnel_trainer_layer_saturations(trainer, 3, &saturation);
    EXPECT(saturation.states == 0);

    words.first_token = 40, words.bytes = 8, words.text = "one\0two";
    runnel_trainer_hash_model(file, size, hash);
    patch_bytes = runnel_trainer_patch_bytes(trainer, saved, &words);
    EXPECT(patch_bytes > runnel_trainer_patch_bytes(trainer, saved, NULL) && patch_bytes <= sizeof patch);
    EXPECT(runnel_trainer_write_patch(trainer, saved, hash, patch, patch_bytes - 1, &words) ==
           RUNNEL_TRAINER_BLOCK_TOO_SMALL);
    EXPECT(runnel_trainer_write_patch(trainer, saved, hash, patch, patch_bytes, &words) == RUNNEL_TRAINER_OK);
    if ((line = patch_tells(patch, patch_bytes, hash)) != 0) return line;
    for (uint32_t i = 0; i < runnel_trainer_parameters(trainer); ++i)
        rows += runnel_trainer_patched_rows(trainer, patch, i);
    EXPECT(rows > 0);

    EXPECT(runnel_session_patch_bytes(session, patch, patch_bytes - 4, &changed_bytes) == RUNNEL_DAMAGED_PATCH);
    EXPECT(runnel_session_patch_bytes(session, patch, patch_bytes, &changed_bytes) == RUNNEL_OK);
    EXPECT(changed_bytes > 0 && changed_bytes <= sizeof changed);
    EXPECT(runnel_session_apply_patch(session, patch, patch_bytes - 4, changed, changed_bytes) == RUNNEL_DAMAGED_PATCH);
    EXPECT(runnel_session_apply_patch(session, patch, patch_bytes, changed, changed_bytes - 1) ==
           RUNNEL_BLOCK_TOO_SMALL);
    EXPECT(runnel_session_apply_patch(session, patch, patch_bytes, changed, changed_bytes) == RUNNEL_OK);
    if ((line = answers_alike(session, trainer)) != 0) return line;
    words.struct_size = 3;
    EXPECT(runnel_trainer_patch_bytes(trainer, saved, &words) == 0);
    EXPECT(runnel_trainer_write_patch(trainer, saved, hash, patch, sizeof patch, &words) ==
           RUNNEL_TRAINER_WRONG_STRUCT);
    return 0;
}
