#include <doctest/doctest.h>

#include <cstring>
#include <memory>

#include "gradients.hpp"
#include "runnel/trainer.h"
#include "self_test.hpp"

// C's and C++'s trainers must be the same: the training of self_test.hpp through C.
TEST_CASE("the C API trains the same network to the same bits") {
    using namespace runnel::training;
    runnel_trainer_layer layers[] = {RUNNEL_TRAINER_LAYER_INIT, RUNNEL_TRAINER_LAYER_INIT, RUNNEL_TRAINER_LAYER_INIT};
    layers[0].kind = RUNNEL_TRAINER_KIND_EMBEDDING;
    layers[0].units = 16;
    layers[0].tokens = 500;
    layers[1].kind = RUNNEL_TRAINER_KIND_GRU;
    layers[1].units = 8;
    layers[2].kind = RUNNEL_TRAINER_KIND_DENSE;
    layers[2].units = 1;
    layers[2].activation = RUNNEL_TRAINER_FUNCTION_SIGMOID;
    const Specification& cpp = self_test::tutorial_one;
    runnel_trainer_specification specification = RUNNEL_TRAINER_SPECIFICATION_INIT;
    specification.layers = layers;
    specification.layer_count = 3;
    specification.steps = 100;
    specification.learning_rate = cpp.learning_rate;
    specification.decay = cpp.decay;
    specification.epsilon = cpp.epsilon;
    specification.seed = cpp.seed;

    size_t bytes = 0;
    REQUIRE(runnel_trainer_bytes(&specification, &bytes) == RUNNEL_TRAINER_OK);
    const std::unique_ptr<void, twin::Free> block(std::aligned_alloc(64, bytes));
    runnel_trainer* trainer = nullptr;
    REQUIRE(runnel_trainer_create(&specification, block.get(), bytes, &trainer) == RUNNEL_TRAINER_OK);
    const twin::Owned reference(cpp);
    const auto start = twin::initial(cpp, 1);
    REQUIRE(twin::load(*reference.trainer, start));
    for (uint32_t i = 0; i < runnel_trainer_parameters(trainer); ++i) {
        const Parameter p = reference->parameter(i);
        REQUIRE((p.weights ? runnel_trainer_set_weights(trainer, i, p.weights, p.bits)
                           : runnel_trainer_set_biases(trainer, i, p.biases)) == RUNNEL_TRAINER_OK);
    }
    std::vector<uint8_t> saved(runnel_trainer_saved_bytes(trainer));
    runnel_trainer_save(trainer, saved.data());
    uint16_t tokens[100];
    int32_t target;
    const runnel_trainer_batch batch = {sizeof batch, tokens, nullptr, &target, nullptr, 1, 100};
    for (uint32_t i = 0; i < 20; ++i) {
        Result expected;
        runnel_trainer_result result = RUNNEL_TRAINER_RESULT_INIT;
        REQUIRE(self_test::train(*reference.trainer, i, 1, tokens, &target, expected) == Status::ok);
        REQUIRE(runnel_trainer_train(trainer, &batch, &result) == RUNNEL_TRAINER_OK);
        CHECK(result.loss == expected.loss);
    }
    int32_t own, theirs;
    REQUIRE(runnel_trainer_predict(trainer, &batch, &own) == RUNNEL_TRAINER_OK);
    REQUIRE(reference->predict({.tokens = tokens, .count = 1, .steps = 100}, &theirs) == Status::ok);
    CHECK(own == theirs);

    const uint8_t model[32] = {7};
    std::vector<uint8_t> patch(runnel_trainer_patch_bytes(trainer, saved.data(), nullptr));
    REQUIRE(runnel_trainer_write_patch(trainer, saved.data(), model, patch.data(), patch.size(), nullptr) ==
            RUNNEL_TRAINER_OK);
    runnel_trainer_restore(trainer, saved.data());
    REQUIRE(runnel_trainer_apply_patch(trainer, patch.data(), patch.size(), model) == RUNNEL_TRAINER_OK);
    int32_t again;
    REQUIRE(runnel_trainer_predict(trainer, &batch, &again) == RUNNEL_TRAINER_OK);
    CHECK(again == own);
}

namespace {

/// A network that can be trained, as C writes it down.
struct Valid {
    runnel_trainer_layer layers[3];
    runnel_trainer_specification specification;

    Valid() { reset(); }
    void reset() {
        for (runnel_trainer_layer& layer : layers) layer = RUNNEL_TRAINER_LAYER_INIT;
        specification = RUNNEL_TRAINER_SPECIFICATION_INIT;
        layers[0].kind = RUNNEL_TRAINER_KIND_FEATURES;
        layers[0].units = 3;
        layers[1].kind = RUNNEL_TRAINER_KIND_LSTM;
        layers[1].units = 5;
        layers[2].kind = RUNNEL_TRAINER_KIND_DENSE;
        layers[2].units = 1;
        layers[2].activation = RUNNEL_TRAINER_FUNCTION_SIGMOID;
        specification.layers = layers;
        specification.layer_count = 3;
    }
    runnel_trainer_status status() const {
        size_t bytes = 7;
        const runnel_trainer_status status = runnel_trainer_bytes(&specification, &bytes);
        CHECK((bytes == 0) == (status != RUNNEL_TRAINER_OK));
        return status;
    }
};

runnel_trainer_status status_after(void (*change)(Valid&)) {
    Valid valid;
    change(valid);
    return valid.status();
}

}  // namespace

TEST_CASE("C's numbers that name nothing, or do not fit, are refused, each by its name") {
    using namespace runnel::training;
    CHECK(Valid().status() == RUNNEL_TRAINER_OK);
    for (const uint32_t none : {9u, 255u, 256u, 1u << 31}) {
        Valid v;
        v.specification.loss = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_LOSS);
        v.reset(), v.specification.optimizer = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_OPTIMIZER);
        v.reset(), v.specification.scope = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_SCOPE);
        v.reset(), v.specification.weight_bits = none + 16 * (none == 256);
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_BITS);
        v.reset(), v.layers[1].kind = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_LAYERS);
        v.reset(), v.layers[1].activation = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_FUNCTION);
        v.reset(), v.layers[2].activation = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_FUNCTION);
        v.reset(), v.layers[1].recurrent_activation = none;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_FUNCTION);
    }
    CHECK(status_after([](Valid& v) { v.layers[0].state_bits = 256 + 11; }) == RUNNEL_TRAINER_WRONG_BITS);
    CHECK(status_after([](Valid& v) { v.layers[1].dropout = 65536; }) == RUNNEL_TRAINER_WRONG_DROPOUT);
    CHECK(status_after([](Valid& v) { v.layers[1].recurrent_dropout = 65536; }) == RUNNEL_TRAINER_WRONG_DROPOUT);
    CHECK(status_after([](Valid& v) { v.specification.momentum = 65536; }) == RUNNEL_TRAINER_WRONG_RATE);
    CHECK(status_after([](Valid& v) { v.specification.decay = 65536; }) == RUNNEL_TRAINER_WRONG_RATE);
    CHECK(status_after([](Valid& v) { v.specification.layers = nullptr; }) == RUNNEL_TRAINER_WRONG_LAYERS);
    for (const uint32_t count : {0u, 2u, RUNNEL_MAX_LAYERS + 2u, 0xffffffffu}) {
        Valid v;
        v.specification.layer_count = count;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_LAYERS);
    }
    for (int i = 0; i <= RUNNEL_TRAINER_NOT_FIXED; ++i)
        CHECK(runnel_trainer_message(runnel_trainer_status(i)) == message(Status(i)));
    for (const int none : {-1, RUNNEL_TRAINER_NOT_FIXED + 1, 256})
        CHECK(std::strcmp(runnel_trainer_message(runnel_trainer_status(none)), "unknown status") == 0);
}

TEST_CASE("C's structures say their size, and one that is not known is refused") {
    for (const size_t size : {size_t(0), size_t(3), sizeof(runnel_trainer_specification) - 1,
                              sizeof(runnel_trainer_specification) + 8, size_t(1) << 30}) {
        Valid v;
        v.specification.struct_size = size;
        CHECK(v.status() == RUNNEL_TRAINER_WRONG_STRUCT);
    }
    CHECK(status_after([](Valid& v) { v.specification.reserved = 1; }) == RUNNEL_TRAINER_WRONG_STRUCT);
    for (int i = 0; i < 3; ++i)
        for (const size_t size : {size_t(0), sizeof(runnel_trainer_layer) - 4, sizeof(runnel_trainer_layer) + 4}) {
            Valid v;
            v.layers[i].struct_size = size;
            CHECK(v.status() == RUNNEL_TRAINER_WRONG_STRUCT);
        }

    Valid v;
    size_t bytes = 0;
    REQUIRE(runnel_trainer_bytes(&v.specification, &bytes) == RUNNEL_TRAINER_OK);
    const std::unique_ptr<void, twin::Free> block(std::aligned_alloc(64, bytes));
    runnel_trainer* trainer = nullptr;
    REQUIRE(runnel_trainer_create(&v.specification, block.get(), bytes, &trainer) == RUNNEL_TRAINER_OK);
    const int16_t features[3] = {1, 2, 3};
    const int32_t target = 65536;
    runnel_trainer_batch batch = {sizeof batch, nullptr, features, &target, nullptr, 1, 1};
    runnel_trainer_result result = RUNNEL_TRAINER_RESULT_INIT;
    int32_t answer = 0;
    CHECK(runnel_trainer_train(trainer, &batch, &result) == RUNNEL_TRAINER_OK);
    CHECK(result.count == 1);
    result.struct_size -= 1;
    CHECK(runnel_trainer_train(trainer, &batch, &result) == RUNNEL_TRAINER_WRONG_STRUCT);
    CHECK(runnel_trainer_evaluate(trainer, &batch, &result) == RUNNEL_TRAINER_WRONG_STRUCT);
    result.struct_size = sizeof result;
    batch.struct_size += 8;
    CHECK(runnel_trainer_train(trainer, &batch, &result) == RUNNEL_TRAINER_WRONG_STRUCT);
    CHECK(runnel_trainer_evaluate(trainer, &batch, &result) == RUNNEL_TRAINER_WRONG_STRUCT);
    CHECK(runnel_trainer_predict(trainer, &batch, &answer) == RUNNEL_TRAINER_WRONG_STRUCT);
    CHECK(runnel_trainer_step(trainer) == 1);
    CHECK(result.count == 1);

    runnel_trainer_tensor tensor;
    tensor.struct_size = sizeof tensor;
    runnel_trainer_parameter(trainer, 2, &tensor);
    CHECK(std::strcmp(tensor.name, "bias") == 0);
    CHECK(tensor.layer == 1);
    CHECK(tensor.rows == 20);
    CHECK(tensor.columns == 1);
    CHECK(tensor.bits == 26);
    CHECK(tensor.weights == nullptr);
    CHECK(tensor.biases != nullptr);
    for (const uint32_t beyond : {runnel_trainer_parameters(trainer), 1000u, 0xffffffffu}) {
        runnel_trainer_parameter(trainer, beyond, &tensor);
        CHECK(std::strcmp(tensor.name, "") == 0);
        CHECK(tensor.rows == 0);
        CHECK(tensor.biases == nullptr);
    }
    tensor.rows = 77;
    tensor.struct_size = offsetof(runnel_trainer_tensor, rows);
    runnel_trainer_parameter(trainer, 0, &tensor);
    CHECK(std::strcmp(tensor.name, "kernel") == 0);
    CHECK(tensor.rows == 77);
}

TEST_CASE("C's defaults are those of C++") {
    const runnel_trainer_specification c = RUNNEL_TRAINER_SPECIFICATION_INIT;
    const runnel::training::Specification cpp = {};
    CHECK(c.batch == cpp.batch);
    CHECK(c.steps == cpp.steps);
    CHECK(c.truncate == cpp.truncate);
    CHECK(c.loss == uint32_t(cpp.loss));
    CHECK(c.optimizer == uint32_t(cpp.optimizer));
    CHECK(c.scope == uint32_t(cpp.scope));
    CHECK(c.weight_bits == cpp.weight_bits);
    CHECK(c.learning_rate == cpp.learning_rate);
    CHECK(c.momentum == cpp.momentum);
    CHECK(c.decay == cpp.decay);
    CHECK(c.epsilon == cpp.epsilon);
    CHECK(c.clip_value == cpp.clip_value);
    CHECK(c.clip_norm == cpp.clip_norm);
    CHECK(c.seed == cpp.seed);
    CHECK(c.isa == cpp.isa);
    const runnel_trainer_layer layer = RUNNEL_TRAINER_LAYER_INIT;
    const runnel::training::Layer plain = {runnel::training::Kind::embedding, 0};
    CHECK(layer.activation == uint32_t(plain.activation));
    CHECK(layer.recurrent_activation == uint32_t(plain.recurrent_activation));
    CHECK(layer.state_bits == plain.state_bits);
    CHECK(layer.tokens + layer.mask_zero + layer.dropout + layer.recurrent_dropout + layer.dropout_each_step == 0);
}
