#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "gradients.hpp"

using namespace twin;

namespace {

/// A bit at the first step, then 50 steps of noise; the answer is the bit.
struct Recall {
    static constexpr uint32_t steps = 51, count = 64;
    std::vector<uint16_t> tokens = std::vector<uint16_t>(count * steps);
    std::vector<int32_t> targets = std::vector<int32_t>(count);
    std::mt19937 random;

    explicit Recall(uint32_t seed) : random(seed) {}
    Batch next() {
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t bit = random() & 1;
            targets[i] = int32_t(bit << 16);
            tokens[i * steps] = uint16_t(bit);
            for (uint32_t t = 1; t < steps; ++t) tokens[i * steps + t] = uint16_t(2 + random() % 8);
        }
        return {.tokens = tokens.data(), .targets = targets.data(), .count = count, .steps = steps};
    }
};

double recall_after_training(Layer cell) {
    const Layer layers[] = {embedding(10, 8), cell, dense(1, Function::sigmoid)};
    const Specification spec = {.layers = layers,
                                .layer_count = 3,
                                .batch = Recall::count,
                                .steps = Recall::steps,
                                .optimizer = Optimizer::adam,
                                .learning_rate = fraction<28>(0.01),
                                .momentum = uint16_t(fraction<15>(0.9)),
                                .decay = uint16_t(fraction<16>(0.001)),
                                .clip_norm = fraction<20>(1.0)};
    Owned trainer(spec);
    REQUIRE(trainer.status == Status::ok);
    // Gates that start out remembering (Tallec and Ollivier, "Can recurrent neural networks warp time?"): the LSTM's
    // forget gate, the GRU's update gate.
    auto start = initial(spec, 1);
    const bool is_lstm = cell.kind == Kind::lstm;
    for (uint32_t u = 0; u < cell.units; ++u) start[3][is_lstm ? cell.units + u : u] = is_lstm ? 4 : 3;
    REQUIRE(load(*trainer.trainer, start));
    Recall examples(1);
    Result result;
    for (int i = 0; i < 600; ++i) REQUIRE(trainer->train(examples.next(), result) == Status::ok);
    Result final;
    Recall unseen(2);
    for (int i = 0; i < 30; ++i) REQUIRE(trainer->evaluate(unseen.next(), final) == Status::ok);
    return double(final.correct) / final.count;
}

}  // namespace

TEST_CASE("a bit is recalled after 50 steps") {
    CHECK(recall_after_training(gru(8)) >= 0.99);
    CHECK(recall_after_training(lstm(8)) >= 0.99);
}

TEST_CASE("GRU(32) learns its six ramps of four steps to 0.05") {
    // x = 10 k, 10 (k + 1), ... of a line, y the next point, scaled to tenths of the original.
    const Layer layers[] = {features(1, 12), gru(32), dense(1, Function::linear)};
    const Specification spec = {.layers = layers,
                                .layer_count = 3,
                                .batch = 6,
                                .steps = 4,
                                .loss = Loss::mean_squared_error,
                                .optimizer = Optimizer::adam,
                                .learning_rate = fraction<28>(0.005),
                                .momentum = uint16_t(fraction<15>(0.9)),
                                .decay = uint16_t(fraction<16>(0.001))};
    Owned trainer(spec);
    REQUIRE(trainer.status == Status::ok);
    REQUIRE(load(*trainer.trainer, initial(spec, 3)));
    int16_t x[6][4];
    int32_t y[6];
    for (int i = 0; i < 6; ++i) {
        for (int t = 0; t < 4; ++t) x[i][t] = int16_t((i + t) * 4096 / 10);
        y[i] = (i + 4) * 65536 / 10;
    }
    const Batch batch = {.features = x[0], .targets = y, .count = 6, .steps = 4};
    Result result;
    for (int i = 0; i < 1000; ++i) REQUIRE(trainer->train(batch, result) == Status::ok);
    int32_t answers[6];
    REQUIRE(trainer->predict(batch, answers) == Status::ok);
    for (int i = 0; i < 6; ++i) CHECK(std::abs(answers[i] - y[i]) / 65536.0 < 0.05);
}

TEST_CASE("each scope changes its tensors and no other") {
    const Layer layers[] = {embedding(10, 8), gru(5), dense(3, Function::tanh), dense(1, Function::sigmoid)};
    for (Scope scope : {Scope::head, Scope::biases, Scope::rows}) {
        CAPTURE(int(scope));
        Specification spec = {.layers = layers,
                              .layer_count = 4,
                              .batch = Recall::count,
                              .steps = Recall::steps,
                              .scope = scope,
                              .learning_rate = fraction<28>(0.01)};
        for (uint32_t batch : {1u, Recall::count}) {
            spec.batch = batch;
            Owned trainer(spec);
            REQUIRE(trainer.status == Status::ok);
            REQUIRE(load(*trainer.trainer, initial(spec, 1)));
            uint8_t allowed[10] = {};
            allowed[4] = allowed[7] = 1;
            trainer->restrict_rows(allowed);
            std::vector<std::vector<double>> before;
            for (uint32_t i = 0; i < trainer->parameters(); ++i) before.push_back(values(trainer->parameter(i)));
            Recall examples(1);
            Result result;
            for (int i = 0; i < 20; ++i) {
                Batch b = examples.next();
                b.count = batch;
                REQUIRE(trainer->train(b, result) == Status::ok);
            }
            for (uint32_t i = 0; i < trainer->parameters(); ++i) {
                const Parameter p = trainer->parameter(i);
                CAPTURE(i);
                const auto after = values(p);
                if (p.layer == 0) {
                    for (uint32_t row = 0; row < p.rows; ++row)
                        CHECK(std::equal(after.begin() + row * 8, after.begin() + row * 8 + 8,
                                         before[i].begin() + row * 8) == !(scope == Scope::rows && allowed[row]));
                } else {
                    const bool changes = scope == Scope::head ? p.layer >= 2 : scope == Scope::biases && p.biases;
                    CHECK((after != before[i]) == changes);
                }
            }
        }
    }
}

TEST_CASE("clipping the norm bounds the first SGD step") {
    const Layer layers[] = {embedding(10, 8), gru(5), dense(1, Function::sigmoid)};
    Specification spec = {.layers = layers,
                          .layer_count = 3,
                          .batch = Recall::count,
                          .steps = Recall::steps,
                          .optimizer = Optimizer::sgd,
                          .learning_rate = fraction<28>(1.0),
                          .clip_norm = fraction<20>(0.01)};
    Owned trainer(spec);
    REQUIRE(load(*trainer.trainer, initial(spec, 1)));
    std::vector<double> before, after;
    auto all = [&](std::vector<double>& to) {
        for (uint32_t i = 0; i < trainer->parameters(); ++i)
            if (trainer->parameter(i).biases)
                for (double v : values(trainer->parameter(i))) to.push_back(v);
    };
    all(before);
    Recall examples(1);
    Result result;
    REQUIRE(trainer->train(examples.next(), result) == Status::ok);
    all(after);
    double squares = 0;
    for (size_t i = 0; i < before.size(); ++i) squares += (after[i] - before[i]) * (after[i] - before[i]);
    CHECK(std::sqrt(squares) <= 0.01 * 1.01);
    CHECK(std::sqrt(squares) > 0.001);
}

TEST_CASE("parameters saved and restored are the same network") {
    const Layer layers[] = {embedding(10, 8), lstm(5), dense(1, Function::sigmoid)};
    for (uint8_t weight_bits : {uint8_t(16), uint8_t(8)}) {
        const Specification spec = {.layers = layers,
                                    .layer_count = 3,
                                    .batch = Recall::count,
                                    .steps = Recall::steps,
                                    .learning_rate = fraction<28>(0.01),
                                    .weight_bits = weight_bits};
        Owned trainer(spec);
        REQUIRE(load(*trainer.trainer, initial(spec, 1)));
        Recall examples(1);
        Result result;
        for (int i = 0; i < 10; ++i) REQUIRE(trainer->train(examples.next(), result) == Status::ok);
        std::vector<unsigned char> saved(trainer->saved_bytes());
        trainer->save(saved.data());
        const Batch batch = examples.next();
        int32_t before[Recall::count], changed[Recall::count], after[Recall::count];
        REQUIRE(trainer->predict(batch, before) == Status::ok);
        for (int i = 0; i < 10; ++i) REQUIRE(trainer->train(batch, result) == Status::ok);
        REQUIRE(trainer->predict(batch, changed) == Status::ok);
        trainer->restore(saved.data());
        REQUIRE(trainer->predict(batch, after) == Status::ok);
        CHECK(!std::equal(before, before + Recall::count, changed));
        CHECK(std::equal(before, before + Recall::count, after));
    }
}
