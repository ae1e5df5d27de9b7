#include <doctest/doctest.h>

#include <cstring>

#include "gradients.hpp"
#include "self_test.hpp"

using namespace twin;

namespace {

Status status_of(std::vector<Layer> layers, Specification spec = {}) {
    spec.layers = layers.data();
    spec.layer_count = uint32_t(layers.size());
    size_t bytes = 7;
    const Status status = Trainer::bytes(spec, bytes);
    CHECK((bytes == 0) == (status != Status::ok));
    return status;
}

Specification with(auto change) {
    Specification spec = {};
    change(spec);
    return spec;
}

}  // namespace

TEST_CASE("networks that cannot be trained are refused") {
    using enum Function;
    const Layer e = embedding(50, 4), out = dense(1, sigmoid);
    CHECK(status_of({e, gru(3), out}) == Status::ok);
    CHECK(status_of({}) == Status::wrong_layers);
    CHECK(status_of({gru(3), out}) == Status::wrong_layers);
    CHECK(status_of({e, out, out}) == Status::wrong_layers);
    CHECK(status_of({e, gru(3), gru(3)}) == Status::wrong_layers);
    CHECK(status_of({e, gru(3), out, gru(3), out}) == Status::wrong_layers);
    CHECK(status_of({gru(3), gru(3), out}) == Status::wrong_layers);
    std::vector<Layer> many(RUNNEL_MAX_LAYERS, gru(3));
    many.front() = e, many.back() = out;
    CHECK(status_of(many) == Status::ok);
    many.push_back(out);
    CHECK(status_of(many) == Status::wrong_layers);
    for (const Layer& input : {one_hot(9), features(2, 11)}) {  // beside which as many layers may stand
        many.front() = input;
        CHECK(status_of(many) == Status::ok);
        many.push_back(out);
        CHECK(status_of(many) == Status::wrong_layers);
        many.pop_back();
    }
    CHECK(status_of({embedding(0, 4), gru(3), out}) == Status::wrong_size);
    CHECK(status_of({embedding(65537, 4), gru(3), out}) == Status::wrong_size);
    CHECK(status_of({e, gru(0), out}) == Status::wrong_size);
    // 16 lanes x 512 units x 10 bytes a step: 4 GiB, and a little more.
    CHECK(status_of({e, gru(512), out}, with([](Specification& s) { s.batch = 16, s.steps = 52429; })) ==
          (sizeof(size_t) == 4 ? Status::wrong_size : Status::ok));
    CHECK(status_of({e, gru(3), out}, with([](Specification& s) { s.batch = 0; })) == Status::wrong_size);
    CHECK(status_of({e, gru(3), out}, with([](Specification& s) { s.steps = 0; })) == Status::wrong_size);
    CHECK(status_of({e, gru(3), out}, with([](Specification& s) { s.weight_bits = 12; })) == Status::wrong_bits);
    CHECK(status_of({e, gru(3), out}, with([](Specification& s) { s.learning_rate = 0; })) == Status::wrong_rate);
    CHECK(status_of({features(3, 16), gru(3), out}) == Status::wrong_bits);
    CHECK(status_of({features(3, -1), gru(3), out}) == Status::wrong_bits);
    Layer cell = gru(3);
    cell.activation = relu;
    CHECK(status_of({e, cell, out}) == Status::wrong_function);
    CHECK(status_of({e, gru(3), dense(2, softmax), out}) == Status::wrong_function);
    cell = gru(3);
    cell.dropout = 50000;
    CHECK(status_of({e, cell, out}) == Status::wrong_dropout);
    cell.dropout = 10000;
    CHECK(status_of({one_hot(9), cell, out}) == Status::wrong_dropout);
    cell.dropout_each_step = true;
    CHECK(status_of({e, gru(3), cell, out}) == Status::ok);
    CHECK(status_of({e, cell, out}) == Status::wrong_dropout);
    CHECK(status_of({e, gru(3), dense(1, linear)}) == Status::wrong_loss);
    CHECK(status_of({e, gru(3), out}, with([](Specification& s) { s.loss = Loss::sparse_categorical_crossentropy; })) ==
          Status::wrong_loss);
    CHECK(status_of({e, gru(3), dense(3, softmax)},
                    with([](Specification& s) { s.loss = Loss::mean_squared_error; })) == Status::wrong_loss);
}

TEST_CASE("a number that names nothing is refused by its own name") {
    const Layer e = embedding(50, 4), out = dense(1, Function::sigmoid);
    const std::vector<Layer> layers = {e, gru(3), out};
    CHECK(status_of(layers, with([](Specification& s) { s.optimizer = Optimizer(3); })) == Status::wrong_optimizer);
    CHECK(status_of(layers, with([](Specification& s) { s.scope = Scope(5); })) == Status::wrong_scope);
    CHECK(status_of(layers, with([](Specification& s) { s.loss = Loss(4); })) == Status::wrong_loss);
    CHECK(status_of(layers, with([](Specification& s) { s.scope = Scope::none, s.loss = Loss(4); })) ==
          Status::wrong_loss);
    Layer odd = simple_rnn(3);
    for (const int none : {5, 7, 30, 255}) {
        Layer dense_layer = out, gated = gru(3);
        odd.activation = dense_layer.activation = gated.recurrent_activation = Function(none);
        CHECK(status_of({e, odd, out}) == Status::wrong_function);
        CHECK(status_of({e, gru(3), dense_layer}) == Status::wrong_function);
        CHECK(status_of({e, gated, out}) == Status::wrong_function);
    }
    odd.kind = Kind(7);
    CHECK(status_of({e, odd, out}) == Status::wrong_layers);
    CHECK(status_of({odd, gru(3), out}) == Status::wrong_layers);
    CHECK(status_of({e, gru(3), odd}) == Status::wrong_layers);
    for (int i = 0; i <= int(Status::not_fixed); ++i) CHECK(std::strcmp(message(Status(i)), "unknown status") != 0);
    CHECK(std::strcmp(message(Status(int(Status::not_fixed) + 1)), "unknown status") == 0);
}

TEST_CASE("the block must be large enough, aligned, and the instruction set known") {
    size_t bytes = 0;
    Specification spec = self_test::tutorial_one;
    REQUIRE(Trainer::bytes(spec, bytes) == Status::ok);
    std::unique_ptr<void, Free> block(std::aligned_alloc(64, bytes + 64));
    Trainer* trainer = nullptr;
    CHECK(Trainer::create(spec, block.get(), bytes - 1, trainer) == Status::block_too_small);
    CHECK(trainer == nullptr);
    CHECK(Trainer::create(spec, static_cast<char*>(block.get()) + 4, bytes, trainer) == Status::misaligned);
    CHECK(Trainer::create(spec, nullptr, bytes, trainer) == Status::block_too_small);
    spec.isa = "abacus";
    CHECK(Trainer::create(spec, block.get(), bytes, trainer) == Status::unknown_isa);
    spec.isa = nullptr;
    CHECK(Trainer::create(spec, block.get(), bytes, trainer) == Status::ok);
}

TEST_CASE("a bad batch changes nothing") {
    Specification spec = self_test::tutorial_one;
    spec.batch = 4;
    Owned trainer(spec);
    REQUIRE(load(*trainer.trainer, initial(spec, 1)));
    std::vector<uint16_t> tokens(4 * 100, 3);
    std::vector<int32_t> targets(4, 65536);
    const uint32_t before = self_test::hash(*trainer.trainer);
    Result result;
    const Batch good = {.tokens = tokens.data(), .targets = targets.data(), .count = 4, .steps = 100};
    auto train = [&](auto change) {
        Batch b = good;
        change(b);
        return trainer->train(b, result);
    };
    CHECK(train([](Batch& b) { b.count = 0; }) == Status::wrong_batch);
    CHECK(train([](Batch& b) { b.count = 5; }) == Status::wrong_batch);
    CHECK(train([](Batch& b) { b.steps = 0; }) == Status::wrong_batch);
    CHECK(train([](Batch& b) { b.steps = 101; }) == Status::wrong_batch);
    CHECK(train([](Batch& b) { b.tokens = nullptr; }) == Status::wrong_batch);
    CHECK(train([](Batch& b) { b.targets = nullptr; }) == Status::wrong_batch);
    tokens[399] = 500;
    CHECK(trainer->train(good, result) == Status::token_out_of_range);
    tokens[399] = 499;
    for (int32_t wrong : {-1, 65537}) {
        targets[3] = wrong;
        CHECK(trainer->train(good, result) == Status::target_out_of_range);
    }
    CHECK(self_test::hash(*trainer.trainer) == before);
    CHECK(trainer->step() == 0);
    targets[3] = 0;
    CHECK(trainer->train(good, result) == Status::ok);
    CHECK(self_test::hash(*trainer.trainer) != before);
    CHECK(trainer->set_learning_rate(0) == Status::wrong_rate);
    const int16_t weight = 0;
    CHECK(trainer->set_weights(trainer->parameters(), &weight, 13) == Status::wrong_tensor);
    CHECK(trainer->set_weights(3, &weight, 13) == Status::wrong_tensor);  // biases
    CHECK(trainer->set_weights(0, &weight, 5) == Status::wrong_tensor);
}

TEST_CASE("memory for a batch of one: the tutorial's network in 46 KB") {
    size_t bytes = 0;
    REQUIRE(Trainer::bytes(self_test::tutorial_one, bytes) == Status::ok);
    CHECK(bytes <= 46 * 1024);
}

TEST_CASE(
    "learning the head alone keeps no history: its memory beyond the weights is the same for any number of steps") {
    Specification spec = self_test::tutorial_one;
    spec.scope = Scope::head;
    const size_t weights = sizeof(int16_t) * (500 * 16 + 24 * 16 + 24 * 8 + 8) + sizeof(int32_t) * (2 * 24 + 1);
    size_t bytes = 0, longer = 0;
    REQUIRE(Trainer::bytes(spec, bytes) == Status::ok);
    CHECK(bytes - weights <= (sizeof(void*) == 8 ? 1600 : 1216));
    spec.steps = 10000;
    REQUIRE(Trainer::bytes(spec, longer) == Status::ok);
    CHECK(longer == bytes);
    // Weights of fixed8 that do not learn are held once, as they are.
    spec.weight_bits = 8;
    REQUIRE(Trainer::bytes(spec, longer) == Status::ok);
    CHECK(longer <= bytes + 64);
}

TEST_CASE("create writes within its block") {
    for (uint32_t batch : {1u, 20u}) {
        Specification spec = self_test::tutorial_one;
        spec.batch = batch;
        size_t bytes = 0;
        REQUIRE(Trainer::bytes(spec, bytes) == Status::ok);
        std::unique_ptr<void, Free> block(std::aligned_alloc(64, bytes + 64));
        auto* guard = static_cast<unsigned char*>(block.get()) + bytes;
        std::fill(guard, guard + 64, 0xA5);
        Trainer* trainer = nullptr;
        REQUIRE(Trainer::create(spec, block.get(), bytes, trainer) == Status::ok);
        std::vector<int16_t> buffer(8000);
        REQUIRE(self_test::initialize(*trainer, buffer.data()));
        std::vector<uint16_t> tokens(batch * 100);
        std::vector<int32_t> targets(batch);
        Result result;
        REQUIRE(self_test::train(*trainer, 0, batch, tokens.data(), targets.data(), result) == Status::ok);
        for (int i = 0; i < 64; ++i) CHECK(guard[i] == 0xA5);
    }
}

TEST_CASE("every status has a message") {
    for (int i = 0; i <= int(Status::wrong_tensor); ++i) CHECK(std::string(message(static_cast<Status>(i))).size() > 7);
}
