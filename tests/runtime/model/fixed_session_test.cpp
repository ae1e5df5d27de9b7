// Sessions over fixed models: the trainer's numbers, a step at a time, on every instruction set.
#include <doctest/doctest.h>

#include <utility>

#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/fixed_trainer.hpp"
#include "support/isa.hpp"

using namespace runnel;
using schema::Cell;
using schema::Format;

namespace {

/// A model, its session on one instruction set and a trainer over it.
class Running {
public:
    explicit Running(test::FileImage file, const char* isa = test::forced_isa())
        : file_(std::move(file)), block_(bytes_after_load(isa)) {
        REQUIRE(Session::create(model_, block_.data(), block_.size(), session_) == Status::ok);
    }
    Model& model() { return model_; }
    Session& operator*() { return *session_; }
    Session* operator->() { return session_; }

    /// The bits of all answers to steps of tokens t * 7 % inputs, or of pseudorandom features.
    std::vector<float> answers(std::uint32_t steps) {
        std::vector<float> all;
        const ModelInfo info = model_.info();
        const auto features = test::uniform(steps * info.inputs, 3.0f, 5);
        for (std::uint32_t t = 0; t < steps; ++t) {
            REQUIRE((info.takes_tokens ? session_->step(t * 7 % info.inputs)
                                       : session_->step(&features[t * info.inputs], info.inputs)) == Status::ok);
            const auto y = session_->output();
            all.insert(all.end(), y.begin(), y.end());
        }
        return all;
    }

private:
    std::size_t bytes_after_load(const char* isa) {
        REQUIRE(model_.load(file_.bytes().data(), file_.bytes().size(), isa) == Status::ok);
        return Session::bytes(model_);
    }
    test::FileImage file_;
    Model model_;
    test::Block block_;
    Session* session_ = nullptr;
};

/// Trainer::predict over the model: answers to tokens, or to features with 11 fraction bits.
std::vector<std::int32_t> predicted(const Model& model, const std::vector<std::uint16_t>& tokens,
                                    const std::vector<std::int16_t>& features, std::uint32_t steps) {
    test::FixedTrainer trainer(model, steps, 3);
    std::vector<std::int32_t> answers(model.info().outputs);
    REQUIRE(trainer->predict({.tokens = tokens.data(), .features = features.data(), .count = 1, .steps = steps},
                             answers.data()) == training::Status::ok);
    return answers;
}

test::Graph relu_graph() {
    test::Graph graph = test::feature_graph(Cell::simple_rnn);
    for (std::size_t i : {0, 1})
        std::get<converter::Recurrent>(graph.layers[i].kind).activation.function = Function::relu;
    return graph;
}

}  // namespace

TEST_CASE("a session answers as the trainer predicts, bit for bit") {
    constexpr std::uint32_t steps = 40;
    for (const Format format : {Format::fixed, Format::fixed8})
        for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm}) {
            CAPTURE(int(format));
            CAPTURE(int(cell));
            for (const bool mask_zero : {false, true}) {
                Running running(test::fixed_file_of(test::token_graph(cell, mask_zero), format));
                std::vector<std::uint16_t> tokens;
                for (std::uint32_t t = 0; t < steps; ++t) tokens.push_back(std::uint16_t(t % 5 ? t : 0));
                for (const std::uint32_t token : tokens) REQUIRE(running->step(token) == Status::ok);
                const auto expected = predicted(running.model(), tokens, {}, steps);
                for (std::size_t u = 0; u < expected.size(); ++u)
                    CHECK(running->output()[u] == float(expected[u]) / 65536);
            }
            Running running(test::fixed_file_of(test::feature_graph(cell), format));
            std::vector<std::int16_t> features;
            for (const float x : test::uniform(4 * steps, 10.0f, 6)) features.push_back(std::int16_t(x * 2048));
            std::vector<float> x;
            for (std::uint32_t t = 0; t < steps; ++t) {
                x.assign(features.begin() + 4 * t, features.begin() + 4 * (t + 1));
                for (float& value : x) value /= 2048;
                REQUIRE(running->step(x.data(), x.size()) == Status::ok);
            }
            CHECK(running->output()[0] == float(predicted(running.model(), {}, features, steps)[0]) / 65536);
            CHECK(running->saturations() == 0);
        }
}

TEST_CASE("a session holds its state and scratch; weights stay in the file") {
    const auto bytes = [](const test::Graph& graph, Format format) {
        // Of int8 ones where products read them: elsewhere they are kept as int16.
        return Session::bytes(Running(test::fixed_file_of(graph, format), "scalar").model());
    };
    for (const Format format : {Format::fixed, Format::fixed8}) {
        test::Graph graph = test::token_graph(Cell::gru);
        const std::size_t few = bytes(graph, format);
        graph.layers[0] = test::embedding(5000, 5, false);
        CHECK(bytes(graph, format) == few);
        graph.layers = {test::recurrent(Cell::gru, 16, 128), test::dense(128, 1, Function::sigmoid)};
        for (float& w : std::get<converter::Dense>(graph.layers[1].kind).weights.values) w /= 16;
        CHECK(bytes(graph, format) <= 6 * 1024);  // of 113 and 58 KB of weights
    }
}

TEST_CASE("every instruction set gives the bits of the scalar one") {
    const char* isa = test::forced_isa() ? test::forced_isa() : isas()[0];
    std::vector<test::FileImage> files;
    for (const Format format : {Format::fixed, Format::fixed8}) {
        for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm}) {
            files.push_back(test::fixed_file_of(test::token_graph(cell), format));
            files.push_back(test::fixed_file_of(test::feature_graph(cell), format));
            files.push_back(test::fixed_file_of(test::feature_graph(cell), format, true));
        }
        files.push_back(test::fixed_file_of(relu_graph(), format));
    }
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm})
        for (const auto& rows : {test::in_fixed(test::token_graph(cell), Format::fixed8),
                                 test::in_fixed(test::feature_graph(cell), Format::fixed8),
                                 test::in_fixed(test::feature_graph(cell), Format::fixed8, true)})
            files.push_back(converter::pack(test::with_finer_rows(rows), {}));
    for (const auto& file : files) CHECK(Running(file, isa).answers(200) == Running(file, "scalar").answers(200));
}

TEST_CASE("the largest numbers that a file can hold neither wrap nor differ between instruction sets") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm})
        for (const int bits : {6, 15, 24})
            for (const int features_bits : {0, 15}) {
                test::Graph graph = test::feature_graph(cell);
                if (cell == Cell::simple_rnn) graph = relu_graph();
                std::get<converter::Dense>(graph.layers[2].kind).activation.function = Function::linear;
                converter::StoredGraph stored = test::in_fixed(graph, Format::fixed);
                for (auto& numbers : stored.numbers) {
                    auto& fixed = *numbers.fixed;
                    const auto largest = std::int16_t(64000 / 20);  // in rows and columns of at most 20 numbers
                    for (auto& w : fixed.kernel) w = w < 0 ? std::int16_t(-largest) : largest;
                    for (auto& w : fixed.recurrent) w = w < 0 ? std::int16_t(-largest) : largest;
                    for (auto& b : fixed.biases) b = b < 0 ? -((1 << 30) - 1) : (1 << 30) - 1;
                    fixed.weight_bits = fixed.recurrent_bits = bits;
                    fixed.input_bits = fixed.state_bits = features_bits;
                }
                const auto file = converter::pack(stored, {});
                Running running(file), scalar(file, "scalar");
                const auto answers = running.answers(50);
                CHECK(answers == scalar.answers(50));
                CHECK(running->saturations() == scalar->saturations());
                for (const float y : answers) CHECK(std::fabs(y) <= 2048);  // the range of pre-activations
            }
}

TEST_CASE("an answer beyond its range is the end of that range, on its side") {
    test::Graph graph = relu_graph();
    std::get<converter::Dense>(graph.layers[2].kind).activation.function = Function::linear;
    for (const int sign : {1, -1}) {
        converter::StoredGraph stored = test::in_fixed(graph, Format::fixed);
        for (auto& b : stored.numbers[1].fixed->biases) b = (1 << 30) - 1;  // states of nearly 16
        stored.numbers[2].fixed->weight_bits = 6;
        for (auto& w : stored.numbers[2].fixed->kernel) w = std::int16_t(sign * 9'000);
        Running running(converter::pack(stored, {}));
        CHECK(running.answers(5).back() == float(sign * 2048));
        CHECK(running->saturations(2) > 0);
        CHECK(running->saturations(0) == 0);
        CHECK(running->saturations() == running->saturations(1) + running->saturations(2));
    }
}

TEST_CASE("a token of a model of features is the one-hot vector") {
    const test::Graph graph = test::feature_graph(Cell::gru);
    Running by_token(test::fixed_file_of(graph)), by_features(test::fixed_file_of(graph)),
        one_hot(test::fixed_file_of(graph, Format::fixed, true));
    const float x[] = {0, 0, 1, 0};
    REQUIRE(by_token->step(2) == Status::ok);
    REQUIRE(by_features->step(x, 4) == Status::ok);
    REQUIRE(one_hot->step(2) == Status::ok);
    CHECK(by_token->output()[0] == by_features->output()[0]);
    CHECK(by_token->output()[0] == one_hot->output()[0]);
    CHECK(one_hot.model().info().takes_tokens);
    CHECK(one_hot->step(x, 4) == Status::wrong_input);
    CHECK(one_hot->step(4) == Status::token_out_of_range);
    CHECK(by_token->step(4) == Status::token_out_of_range);
    CHECK(by_features->step(x, 3) == Status::wrong_feature_count);
}

TEST_CASE("features beyond the range saturate, are counted, and change nothing else") {
    const auto file = test::fixed_file_of(test::feature_graph(Cell::lstm));
    Running beyond(file), at_end(file);
    const float large[] = {16.0f, -1e30f, 3.0f, 15.9999f},
                limit[] = {32767 / 2048.0f, -32767 / 2048.0f, 3.0f, 15.9999f};
    REQUIRE(beyond->step(large, 4) == Status::ok);
    REQUIRE(at_end->step(limit, 4) == Status::ok);
    CHECK(beyond->output()[0] == at_end->output()[0]);
    CHECK(beyond->saturations() == 3);  // 15.9999 is above 32767 / 2048 too
    CHECK(at_end->saturations() == 1);
    CHECK(beyond->saturations(0) == 3);
    CHECK(beyond->saturations(1) == 0);
    const float bad[] = {0, NAN, 0, 0};
    CHECK(beyond->step(bad, 4) == Status::not_finite);
}

TEST_CASE("a state saved goes on in another session; a damaged or foreign one is refused") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm}) {
        const auto file = test::fixed_file_of(test::token_graph(cell));
        Running first(file), second(file, "scalar");
        first.answers(9);
        std::vector<unsigned char> saved(first->state_bytes());
        CHECK(first->save_state(saved.data(), saved.size() - 1) == Status::block_too_small);
        REQUIRE(first->save_state(saved.data(), saved.size()) == Status::ok);
        REQUIRE(second->restore_state(saved.data(), saved.size()) == Status::ok);
        CHECK(first->output()[0] == second->output()[0]);
        const auto rest = first.answers(9);
        CHECK(rest == second.answers(9));
        const auto before = second->output()[0];
        auto damaged = saved;
        damaged[saved.size() - 1] = 0x80, damaged[saved.size() - 2] = 0;  // h or c below every value it can have
        CHECK(second->restore_state(damaged.data(), damaged.size()) == Status::wrong_state);
        CHECK(second->restore_state(saved.data(), saved.size() - 1) == Status::wrong_state);
        CHECK(second->output()[0] == before);
        Running other(test::fixed_file_of(test::token_graph(cell), Format::fixed8));
        CHECK(other->restore_state(saved.data(), saved.size()) == Status::wrong_state);
        first->reset(), second->reset();
        CHECK(first.answers(9) == second.answers(9));
    }
}

TEST_CASE("many streams of a fixed model answer as single sessions") {
    Running single(test::fixed_file_of(test::token_graph(Cell::gru)));
    const test::Block block(Batch::bytes(single.model(), 6));
    Batch* batch = nullptr;
    REQUIRE(Batch::create(single.model(), 6, block.data(), block.size(), batch) == Status::ok);
    std::vector<std::uint32_t> tokens(6, 3);
    tokens[5] = Batch::resting;
    REQUIRE(batch->step(tokens) == Status::ok);
    tokens[5] = 3;
    REQUIRE(batch->step(tokens) == Status::ok);
    REQUIRE(single->step(3) == Status::ok);
    CHECK((*batch)[5].output()[0] == single->output()[0]);
    REQUIRE(single->step(3) == Status::ok);
    for (std::uint32_t i = 0; i < 5; ++i) CHECK((*batch)[i].output()[0] == single->output()[0]);
}
