// One sequence, a step at a time: the numbers of predict().
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "runnel/trainer.h"
#include "runnel/trainer.hpp"
#include "support/block.hpp"
#include "support/isa.hpp"

using namespace runnel::training;
using runnel::test::Block;

namespace {

Specification of(Scope scope, uint8_t weight_bits = 16, uint32_t batch = 1) {
    Specification specification = {};
    specification.batch = batch;
    specification.steps = 30;
    specification.scope = scope;
    specification.weight_bits = weight_bits;
    return specification;
}

/// A trainer with random parameters, the same for all of one network.
class Network {
public:
    explicit Network(std::vector<Layer> layers, Specification specification = of(Scope::none))
        : layers_(std::move(layers)), block_(bytes(specification)) {
        REQUIRE(Trainer::create(specification, block_.data(), block_.size(), trainer_) == Status::ok);
        std::mt19937 random(3);
        for (uint32_t i = 0; i < trainer_->parameters(); ++i) {
            const Parameter p = trainer_->parameter(i);
            const size_t n = size_t(p.rows) * p.columns;
            std::vector<int16_t> weights(n);
            std::vector<int32_t> biases(n);
            for (auto& w : weights) w = int16_t(int(random() % 8000) - 4000);
            for (auto& b : biases) b = int32_t(random() % (1u << 26)) - (1 << 25);
            REQUIRE((p.weights ? trainer_->set_weights(i, weights.data(), 13)
                               : trainer_->set_biases(i, biases.data())) == Status::ok);
        }
    }
    Trainer& operator*() { return *trainer_; }
    Trainer* operator->() { return trainer_; }

    std::vector<int32_t> predicted(const Batch& batch) {
        std::vector<int32_t> answers(trainer_->outputs());
        REQUIRE(trainer_->predict(batch, answers.data()) == Status::ok);
        return answers;
    }
    std::vector<int32_t> answer() {
        std::vector<int32_t> answers(trainer_->outputs());
        trainer_->answer(answers.data());
        return answers;
    }

private:
    size_t bytes(Specification& specification) {
        specification.layers = layers_.data();
        specification.layer_count = uint32_t(layers_.size());
        specification.isa = runnel::test::forced_isa();
        size_t size = 0;
        REQUIRE(Trainer::bytes(specification, size) == Status::ok);
        return size;
    }
    std::vector<Layer> layers_;
    Block block_;
    Trainer* trainer_ = nullptr;
};

const std::vector<uint16_t> tokens = {3, 0, 7, 7, 1, 0, 0, 9, 2, 3, 5, 8};

}  // namespace

TEST_CASE("steps give the answers of predict, at every length, masked steps too") {
    for (const bool mask_zero : {false, true}) {
        Network network({embedding(10, 4, mask_zero), gru(5), lstm(6), dense(3, Function::softmax)});
        std::vector<std::vector<int32_t>> expected;
        for (uint32_t steps = 1; steps <= tokens.size(); ++steps)
            expected.push_back(network.predicted({.tokens = tokens.data(), .count = 1, .steps = steps}));
        for (int pass = 0; pass < 2; ++pass) {
            REQUIRE(network->begin() == Status::ok);
            for (size_t t = 0; t < tokens.size(); ++t) {
                REQUIRE(network->advance(tokens[t]) == Status::ok);
                CHECK(network.answer() == expected[t]);
                CHECK(network.answer() == expected[t]);  // asking changes nothing
            }
        }
    }
    Network network({features(2, 11), simple_rnn(5), dense(1, Function::linear), dense(2, Function::linear)});
    const std::vector<int16_t> x = {100, -2000, 32767, 5, -32767, 2048};
    const auto expected = network.predicted({.features = x.data(), .count = 1, .steps = 3});
    REQUIRE(network->begin() == Status::ok);
    for (int t = 0; t < 3; ++t) REQUIRE(network->advance(&x[2 * size_t(t)]) == Status::ok);
    CHECK(network.answer() == expected);
}

TEST_CASE("a network that only runs answers as one that learns, in less memory") {
    const std::vector<Layer> layers = {embedding(10, 4), lstm(6), dense(1, Function::sigmoid)};
    for (const auto weight_bits : {uint8_t(16), uint8_t(8)}) {
        Network runs(layers, of(Scope::none, weight_bits));
        Network learns(layers, of(Scope::all, weight_bits));
        const Batch batch = {.tokens = tokens.data(), .count = 1, .steps = uint32_t(tokens.size())};
        CHECK(runs.predicted(batch) == learns.predicted(batch));
        size_t small = 0, large = 0;
        Specification specification = {.layers = layers.data(), .layer_count = 3, .steps = 30, .scope = Scope::none};
        REQUIRE(Trainer::bytes(specification, small) == Status::ok);
        specification.scope = Scope::all;
        REQUIRE(Trainer::bytes(specification, large) == Status::ok);
        CHECK(2 * small < large);
    }
}

TEST_CASE("without history, states stepped in place and held where masked are those with it") {
    const std::vector<Layer> layers = {embedding(10, 4, true), gru(5), simple_rnn(7), lstm(6),
                                       dense(1, Function::sigmoid)};
    for (const uint32_t sequences : {1u, 3u}) {
        Network learns(layers, of(Scope::all, 16, sequences));
        const Batch batch = {.tokens = tokens.data(), .count = sequences, .steps = uint32_t(tokens.size()) / sequences};
        std::vector<int32_t> expected(sequences), answers(sequences);
        REQUIRE(learns->predict(batch, expected.data()) == Status::ok);
        for (const Scope scope : {Scope::none, Scope::head}) {
            Network network(layers, of(scope, 16, sequences));
            REQUIRE(network->predict(batch, answers.data()) == Status::ok);
            CHECK(answers == expected);
        }
    }
}

TEST_CASE("a sequence ends where another is run or a parameter set, and is refused where it cannot be") {
    Network network({embedding(10, 4), gru(5), dense(1, Function::sigmoid)});
    CHECK(network->advance(1) == Status::not_begun);
    REQUIRE(network->begin() == Status::ok);
    CHECK(network->advance(10) == Status::token_out_of_range);
    const int16_t values[] = {1, 2, 3, 4};
    CHECK(network->advance(values) == Status::not_begun);
    REQUIRE(network->advance(1) == Status::ok);
    static_cast<void>(network.predicted({.tokens = tokens.data(), .count = 1, .steps = 2}));
    CHECK(network->advance(1) == Status::not_begun);
    Network many({embedding(10, 4), gru(5), dense(1, Function::sigmoid)}, of(Scope::all, 16, 2));
    CHECK(many->begin() == Status::not_begun);
}

TEST_CASE("weights of 8 bits are those of 16 with the same values") {
    const std::vector<Layer> layers = {embedding(10, 4), gru(5), dense(1, Function::sigmoid)};
    Network wide(layers), narrow(layers);
    std::vector<int16_t> codes16;
    std::vector<int8_t> codes8;
    for (int i = 0; i < 40; ++i)
        codes8.push_back(int8_t(i * 37 % 255 - 127)), codes16.push_back(int16_t(codes8.back() * 128));
    REQUIRE(wide->set_weights(0, codes16.data(), 15) == Status::ok);
    REQUIRE(narrow->set_weights(0, codes8.data(), 8) == Status::ok);
    const Batch batch = {.tokens = tokens.data(), .count = 1, .steps = uint32_t(tokens.size())};
    CHECK(wide.predicted(batch) == narrow.predicted(batch));
    CHECK(narrow->set_weights(0, codes8.data(), 18) == Status::wrong_tensor);
    CHECK(narrow->set_weights(0, codes8.data(), -2) == Status::wrong_tensor);
    CHECK(narrow->set_weights(3, codes8.data(), 8) == Status::wrong_tensor);  // biases
}

TEST_CASE("the same in C") {
    Network network({embedding(10, 4), gru(5), dense(1, Function::sigmoid)});
    const auto expected = network.predicted({.tokens = tokens.data(), .count = 1, .steps = uint32_t(tokens.size())});
    auto* trainer = reinterpret_cast<runnel_trainer*>(&*network);
    CHECK(runnel_trainer_advance_token(trainer, 1) == RUNNEL_TRAINER_NOT_BEGUN);
    REQUIRE(runnel_trainer_begin(trainer) == RUNNEL_TRAINER_OK);
    for (const uint16_t token : tokens) REQUIRE(runnel_trainer_advance_token(trainer, token) == RUNNEL_TRAINER_OK);
    int32_t answer = 0;
    runnel_trainer_answer(trainer, &answer);
    CHECK(answer == expected[0]);
}
