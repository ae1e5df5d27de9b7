// What a running model shows of its layers is what models show that end there.
#include "run/running_model.hpp"

#include <algorithm>
#include <optional>

#include "../quantize/running.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// The first layers as a model of their own.
StoredGraph first_layers(const StoredGraph& stored, std::size_t count) {
    StoredGraph part;
    part.graph.layers.assign(stored.graph.layers.begin(), stored.graph.layers.begin() + std::ptrdiff_t(count));
    part.numbers.assign(stored.numbers.begin(), stored.numbers.begin() + std::ptrdiff_t(count));
    return part;
}

/// A step of the input: a token, or features.
struct Step {
    std::optional<std::uint32_t> token;
    std::vector<float> features;

    template <class Stepping> Status take(Stepping& to) const {
        return token ? to.step(*token) : to.step(features.data(), features.size());
    }
};

/// Compares all layers with the models that end there, over two sequences of the same steps.
void check_layers(const StoredGraph& stored, const std::vector<Step>& steps, const std::vector<bool>& masked) {
    RunningModel model(stored);
    for (int sequence = 0; sequence < 2; ++sequence) {
        for (std::size_t i = 0; i < stored.graph.layers.size(); ++i) {
            CAPTURE(i);
            if (!has_output(stored, i)) continue;
            const StoredGraph part = first_layers(stored, i + 1);
            test::Running expected(part, nullptr);
            model.reset();
            for (std::size_t t = 0; t < steps.size(); ++t) {
                CAPTURE(t);
                REQUIRE(steps[t].take(model) == Status::ok);
                REQUIRE(steps[t].take(expected.session()) == Status::ok);
                CHECK(model.masked() == masked[t]);
                const auto values = expected.session().output(), output = model.output(i);
                CHECK(std::equal(output.begin(), output.end(), values.begin(), values.end()));
            }
        }
    }
}

std::vector<Step> random_features(std::size_t width, std::size_t count) {
    std::vector<Step> steps;
    for (unsigned t = 0; t < count; ++t) steps.push_back({{}, test::uniform(width, 1, 700 + t)});
    return steps;
}

/// Masking, LSTM, Dense, GRU, Activate, Dense, Dense.
Graph features_graph() {
    Graph graph;
    graph.layers = {{"masking", 0, Masking{4, 0}},
                    test::recurrent(Cell::lstm, 4, 20),
                    test::dense(20, 6, Function::relu),
                    test::recurrent(Cell::gru_reset_before, 6, 9, 50),
                    {"a", 0, Activate{9, {Function::tanh, 0}}},
                    test::dense(9, 5, Function::tanh),
                    test::dense(5, 3, Function::softmax)};
    return graph;
}

/// Embedding, GRU, SimpleRNN, Dense, Dense.
Graph tokens_graph() {
    Graph graph;
    graph.layers = {test::embedding(50, 32, true), test::recurrent(Cell::gru, 32, 12),
                    test::recurrent(Cell::simple_rnn, 12, 7, 41), test::dense(7, 6, Function::relu),
                    test::dense(6, 3, Function::softmax)};
    return graph;
}

constexpr std::uint32_t some_tokens[] = {0, 0, 7, 0, 31, 49};
const std::vector<bool> token_masks = {true, true, false, true, false, false};

std::vector<Step> token_steps() {
    std::vector<Step> steps;
    for (const std::uint32_t token : some_tokens) steps.push_back({token, {}});
    return steps;
}

constexpr Format float_formats[] = {Format::f32, Format::f16, Format::int8, Format::int8x16};

}  // namespace

TEST_CASE("features, some of them masked: each layer puts out what a model would that ends there") {
    std::vector<Step> steps = random_features(4, 6);
    std::vector<bool> masked(6);
    for (const std::size_t t : {0, 3}) steps[t].features.assign(4, 0), masked[t] = true;
    for (const Format format : float_formats) {
        CAPTURE(int(format));
        check_layers(test::quantized(features_graph(), format), steps, masked);
    }
}

TEST_CASE("tokens, some of them masked") {
    for (const Format format : float_formats)
        for (const bool project : {false, true}) {
            CAPTURE(int(format));
            CAPTURE(project);
            check_layers(quantize(tokens_graph(), {.matrices = format, .project = project}, nullptr), token_steps(),
                         token_masks);
        }
    check_layers(quantize(tokens_graph(), {Format::int8, Format::int4, false}, nullptr), token_steps(), token_masks);
}

TEST_CASE("a model without recurrent layers, and one-hot features") {
    Graph graph;
    graph.layers = {test::dense(4, 6, Function::relu), test::dense(6, 2, Function::linear)};
    check_layers(test::quantized(graph, Format::int8), random_features(4, 3), {false, false, false});
    check_layers(test::quantized(test::feature_graph(Cell::gru), Format::f32), {{3, {}}, {0, {}}}, {false, false});
}

TEST_CASE("fixed models") {
    for (const Format format : {Format::fixed, Format::fixed8}) {
        CAPTURE(int(format));
        check_layers(test::quantized(tokens_graph(), format), token_steps(), token_masks);
        for (const Cell cell : {Cell::lstm, Cell::gru})
            check_layers(test::quantized(test::feature_graph(cell), format), random_features(4, 5),
                         std::vector<bool>(5));
    }
}

TEST_CASE("looking changes nothing: output, saved state and saturations are those of a session that is not looked at") {
    for (const Format format : {Format::f32, Format::int8, Format::fixed}) {
        CAPTURE(int(format));
        const StoredGraph stored = test::quantized(tokens_graph(), format);
        RunningModel model(stored);
        test::Running plain(stored, nullptr);
        for (const Step& step : token_steps()) {
            REQUIRE(step.take(model) == Status::ok);
            REQUIRE(step.take(plain.session()) == Status::ok);
            const auto expected = plain.session().output();
            for (const auto output : {model.output(), std::span<const float>(model.session().output())})
                CHECK(std::equal(output.begin(), output.end(), expected.begin(), expected.end()));
            std::vector<std::uint8_t> saved(model.session().state_bytes()), expected_saved(saved.size());
            REQUIRE(model.session().save_state(saved.data(), saved.size()) == Status::ok);
            REQUIRE(plain.session().save_state(expected_saved.data(), saved.size()) == Status::ok);
            CHECK(saved == expected_saved);
            CHECK(model.session().saturations() == plain.session().saturations());
        }
    }
}

TEST_CASE("what a model does not take is refused as a session refuses it") {
    RunningModel features(in_float(test::feature_graph(Cell::gru))), tokens(in_float(tokens_graph()));
    const std::vector<float> five(5);
    CHECK(features.step(five.data(), 5) == Status::wrong_feature_count);
    CHECK(features.step(4) == Status::token_out_of_range);
    CHECK(tokens.step(50) == Status::token_out_of_range);
    CHECK(tokens.step(five.data(), 5) == Status::wrong_input);
}
