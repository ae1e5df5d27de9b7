#include <doctest/doctest.h>

#include <cstring>

#include "gradients.hpp"
#include "runnel/trainer.h"
#include "self_test.hpp"

// C's and C++'s trainers must be the same: the training of self_test.hpp through C.
TEST_CASE("the C API trains the same network to the same bits") {
    using namespace runnel::training;
    const runnel_layer layers[] = {{.kind = RUNNEL_EMBEDDING,
                                    .activation = 0,
                                    .recurrent_activation = 0,
                                    .mask_zero = 0,
                                    .units = 16,
                                    .tokens = 500,
                                    .state_bits = 0,
                                    .dropout = 0,
                                    .recurrent_dropout = 0,
                                    .dropout_each_step = 0},
                                   {.kind = RUNNEL_GRU,
                                    .activation = RUNNEL_TANH,
                                    .recurrent_activation = RUNNEL_SIGMOID,
                                    .mask_zero = 0,
                                    .units = 8,
                                    .tokens = 0,
                                    .state_bits = 0,
                                    .dropout = 0,
                                    .recurrent_dropout = 0,
                                    .dropout_each_step = 0},
                                   {.kind = RUNNEL_DENSE,
                                    .activation = RUNNEL_SIGMOID,
                                    .recurrent_activation = 0,
                                    .mask_zero = 0,
                                    .units = 1,
                                    .tokens = 0,
                                    .state_bits = 0,
                                    .dropout = 0,
                                    .recurrent_dropout = 0,
                                    .dropout_each_step = 0}};
    const Specification& cpp = self_test::tutorial_one;
    runnel_training training;
    std::memset(&training, 0, sizeof training);
    training.layers = layers;
    training.layer_count = 3;
    training.batch = 1;
    training.steps = 100;
    training.optimizer = RUNNEL_RMSPROP;
    training.weight_bits = 16;
    training.learning_rate = cpp.learning_rate;
    training.decay = cpp.decay;
    training.epsilon = cpp.epsilon;
    training.seed = cpp.seed;

    size_t bytes = 0;
    REQUIRE(runnel_trainer_bytes(&training, &bytes) == RUNNEL_TRAINING_OK);
    const std::unique_ptr<void, twin::Free> block(std::aligned_alloc(64, bytes));
    runnel_trainer* trainer = nullptr;
    REQUIRE(runnel_trainer_create(&training, block.get(), bytes, &trainer) == RUNNEL_TRAINING_OK);
    const twin::Owned reference(cpp);
    const auto start = twin::initial(cpp, 1);
    REQUIRE(twin::load(*reference.trainer, start));
    for (uint32_t i = 0; i < runnel_trainer_parameters(trainer); ++i) {
        const Parameter p = reference->parameter(i);
        REQUIRE((p.weights ? runnel_set_weights(trainer, i, p.weights, p.bits)
                           : runnel_set_biases(trainer, i, p.biases)) == RUNNEL_TRAINING_OK);
    }
    std::vector<uint8_t> saved(runnel_trainer_saved_bytes(trainer));
    runnel_trainer_save(trainer, saved.data());
    uint16_t tokens[100];
    int32_t target;
    const runnel_training_batch batch = {tokens, nullptr, &target, nullptr, 1, 100};
    for (uint32_t i = 0; i < 20; ++i) {
        Result expected;
        runnel_result result = {0, 0, 0};
        REQUIRE(self_test::train(*reference.trainer, i, 1, tokens, &target, expected) == Status::ok);
        REQUIRE(runnel_train(trainer, &batch, &result) == RUNNEL_TRAINING_OK);
        CHECK(result.loss == expected.loss);
    }
    int32_t own, theirs;
    REQUIRE(runnel_predict(trainer, &batch, &own) == RUNNEL_TRAINING_OK);
    REQUIRE(reference->predict({.tokens = tokens, .count = 1, .steps = 100}, &theirs) == Status::ok);
    CHECK(own == theirs);

    const uint8_t model[32] = {7};
    std::vector<uint8_t> patch(runnel_patch_bytes(trainer, saved.data()));
    REQUIRE(runnel_write_patch(trainer, saved.data(), model, patch.data(), patch.size()) == RUNNEL_TRAINING_OK);
    runnel_trainer_restore(trainer, saved.data());
    REQUIRE(runnel_apply_patch(trainer, patch.data(), patch.size(), model) == RUNNEL_TRAINING_OK);
    int32_t again;
    REQUIRE(runnel_predict(trainer, &batch, &again) == RUNNEL_TRAINING_OK);
    CHECK(again == own);

    training.loss = 9;
    CHECK(runnel_trainer_bytes(&training, &bytes) == RUNNEL_TRAINING_WRONG_LOSS);
    training.layer_count = 99;
    CHECK(runnel_trainer_bytes(&training, &bytes) == RUNNEL_TRAINING_WRONG_LAYERS);
    CHECK(std::strlen(runnel_training_message(RUNNEL_TRAINING_WRONG_LAYERS)) > 7);
}
