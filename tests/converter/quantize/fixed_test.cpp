// Networks without any float, converted from trained ones.
#include "quantize/fixed.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "../error_message.hpp"
#include "../golden_case.hpp"
#include "graph/fuse_activations.hpp"
#include "quantize/state_bounds.hpp"
#include "running.hpp"
#include "support/models.hpp"
#include "support/shared_data.hpp"
#include "support/worst.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// Power of the rounding of a tensor with that many fraction bits, as a share of the tensor's own.
double share_of_rounding(const std::vector<float>& values, int bits) {
    double power = 0;
    for (const float v : values) power += double(v) * v / double(values.size());
    return power == 0 ? 0 : std::ldexp(1, -2 * bits) / 12 / power;
}

/// The SNR of an answer to which every tensor's rounding, and that of features of power 1, adds its share.
double expected_snr(const StoredGraph& stored) {
    double share = 0;
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        const FixedNumbers& numbers = *stored.numbers[i].fixed;
        const auto& kind = stored.graph.layers[i].kind;
        if (const auto* e = std::get_if<Embedding>(&kind))
            share += share_of_rounding(e->table.values, numbers.weight_bits);
        if (const auto* d = std::get_if<Dense>(&kind))
            share += share_of_rounding(d->weights.values, numbers.weight_bits);
        if (const auto* r = std::get_if<Recurrent>(&kind)) {
            share += share_of_rounding(r->input.values, numbers.weight_bits);
            share += share_of_rounding(r->recurrent.values, numbers.recurrent_bits);
            if (i == 0 && !numbers.one_hot) share += std::ldexp(1, -2 * numbers.input_bits) / 12;
            if (numbers.state_bits < 15) share += std::ldexp(1, -2 * numbers.state_bits);  // a state carried on
        }
    }
    return -10 * std::log10(share);
}

std::span<const float> step(test::Running& model, const nlohmann::json& input) {
    if (input.is_number()) return model.step(input.get<std::uint32_t>());
    return model.step(input.get<std::vector<float>>());
}

}  // namespace

TEST_CASE("the golden Keras models in integers, within what their fraction bits allow") {
    const auto cases = nlohmann::json::parse(std::ifstream(test::golden("keras/cases.json")));
    int converted = 0;
    double margins = 0;
    for (const auto& model : cases) {
        const std::string file = model.at("file");
        const Graph graph = fuse_activations(test::graph_of(model));
        const bool one_hot =
            model.at("input")[0].is_number() && std::holds_alternative<Recurrent>(graph.layers[0].kind);
        for (const Format format : {Format::fixed, Format::fixed8}) {
            CAPTURE(file);
            CAPTURE(int(format));
            std::optional<StoredGraph> stored;
            try {
                stored = quantize(graph, {.matrices = format, .one_hot = one_hot}, nullptr);
            } catch (const Error& error) {
                CHECK(std::string(error.what()).starts_with("layer '"));
                continue;
            }
            ++converted;
            test::Running running(*stored);
            test::Noise noise;
            const auto& expected = model.at("output");
            const bool sequence = graph.returns_sequence;
            for (std::size_t t = 0; t < model.at("input").size(); ++t) {
                const auto answer = step(running, model.at("input")[t]);
                if (sequence || t + 1 == model.at("input").size())
                    noise.add(expected.at(sequence ? t : 0).get<std::vector<double>>(), answer);
            }
            CHECK(running.session().saturations() == 0);
            const double margin = noise.snr() - expected_snr(*stored);
            CHECK(margin >= -15);  // one answer may have bad luck, all of them not
            margins += margin;
        }
    }
    CHECK(converted >= 2 * 50);
    CHECK(margins / converted >= 0);
}

TEST_CASE("what a fixed network cannot be is refused, naming the layer, why, and a way out") {
    const auto refusal = [](const Graph& graph, Formats formats = {.matrices = Format::fixed}) {
        return test::error_message([&] { (void)quantize(graph, formats, nullptr); });
    };
    const auto changed = [](Cell cell, auto change) {
        Graph graph = test::token_graph(cell);
        change(graph);
        return graph;
    };
    const auto cell_of = [](Graph& graph) -> Recurrent& { return std::get<Recurrent>(graph.layers[1].kind); };
    const auto dense_of = [](Graph& graph) -> Dense& { return std::get<Dense>(graph.layers[2].kind); };
    CHECK(refusal(changed(Cell::gru, [&](Graph& g) { cell_of(g).activation.function = Function::elu; })) ==
          "layer 'recurrent_21': a fixed network has no activation 'elu'; --quantize int8x16 takes every network");
    const auto says = [](const std::string& message, const char* what) {
        CAPTURE(message);
        CHECK(message.find(what) != std::string::npos);
    };
    says(refusal(changed(Cell::lstm, [&](Graph& g) { cell_of(g).recurrent_activation.function = Function::tanh; })),
         "'tanh'");
    says(refusal(changed(Cell::simple_rnn, [&](Graph& g) { cell_of(g).activation.function = Function::softmax; })),
         "'softmax' but as that of a Dense layer");
    says(refusal(changed(Cell::gru, [&](Graph& g) { dense_of(g).activation.function = Function::gelu; })),
         "layer 'dense'");
    says(refusal(changed(Cell::gru, [&](Graph& g) { g.layers.erase(g.layers.begin() + 1); })),
         "has a SimpleRNN, GRU or LSTM layer");
    says(refusal(changed(Cell::gru, [&](Graph& g) { g.layers.push_back(test::dense(3, 2, Function::linear)); })),
         "a softmax of a fixed network must be its end");
    says(refusal(changed(Cell::gru, [&](Graph& g) { dense_of(g).bias[0] = 7e4f; })), "bias of 70000");
    says(refusal(changed(Cell::gru, [&](Graph& g) { cell_of(g).input.at(0, 0) = 1e7f; })), "weight of 10000000");
    says(refusal(changed(Cell::gru, [&](Graph& g) { cell_of(g).input = test::random_matrix(27, 5, 7e6f, 3); })),
         "layer 'recurrent_21': the sums of its weights");
    says(refusal(test::token_graph(Cell::gru), {.matrices = Format::fixed, .embedding = Format::f16}), "--embedding");
    says(refusal(test::token_graph(Cell::gru), {.matrices = Format::fixed, .one_hot = true}), "--one-hot");
    says(refusal(test::feature_graph(Cell::gru), {.matrices = Format::int8, .one_hot = true}), "--one-hot");
}

TEST_CASE("dropout goes with the model as far as the trainer has it") {
    Graph graph = test::feature_graph(Cell::lstm);
    for (const std::size_t i : {0, 1}) graph.layers[i].dropout = 0.3, graph.layers[i].recurrent_dropout = 0.2;
    graph.layers[2].dropout = 0.8;
    for (const bool one_hot : {false, true}) {
        const StoredGraph stored = quantize(graph, {.matrices = Format::fixed, .one_hot = one_hot}, nullptr);
        CHECK(stored.graph.layers[0].dropout == (one_hot ? 0 : 0.3));
        CHECK(stored.graph.layers[0].left_out == (one_hot ? "dropout of a one-hot input" : ""));
        CHECK(stored.graph.layers[0].recurrent_dropout == 0.2);
        CHECK(stored.graph.layers[1].dropout == 0.3);
        CHECK(stored.graph.layers[1].left_out.empty());
        CHECK(stored.graph.layers[2].dropout == 0);
        CHECK(stored.graph.layers[2].left_out == "a dropout of 0.75 or more");
    }
}

TEST_CASE("no row can overflow 32 bits, and what can be spared for that is little") {
    Graph graph = test::feature_graph(Cell::gru);
    auto& first = std::get<Recurrent>(graph.layers[0].kind);
    first.recurrent = test::random_matrix(60, 20, 3.0f, 7);  // sums of up to 60, as of weights below 4
    for (const Format format : {Format::fixed, Format::fixed8}) {
        const StoredGraph stored = quantize(graph, {.matrices = format}, nullptr);
        const FixedNumbers& numbers = *stored.numbers[0].fixed;
        std::int64_t largest_sum = 0;
        int largest = 0;
        for (std::size_t row = 0; row < 60; ++row) {
            std::int64_t sum = 0;
            for (std::size_t k = 0; k < 20; ++k) {
                const int code = numbers.recurrent[row * 20 + k];
                sum += std::abs(code), largest = std::max(largest, std::abs(code));
                CHECK(std::fabs(std::ldexp(code, -numbers.recurrent_bits) - first.recurrent.at(row, k)) <=
                      std::ldexp(0.5, -numbers.recurrent_bits));
            }
            largest_sum = std::max(largest_sum, sum);
        }
        CHECK(largest_sum * 32768 < INT32_MAX);
        if (format == Format::fixed) CHECK(largest_sum > 16000);  // a bit more would not have fit
        else CHECK((largest <= 127 && largest > 63));
    }
}

TEST_CASE("calibration sets the ranges of features and of unbounded states; tokens make the input one-hot") {
    Graph graph = test::feature_graph(Cell::simple_rnn);
    auto& upper = std::get<Recurrent>(graph.layers[1].kind);
    upper.activation.function = Function::relu;
    for (std::size_t u = 0; u < upper.units; ++u) upper.recurrent.at(u, u) = 1.5f;  // states may grow for ever
    const StoredGraph assumed = quantize(graph, {.matrices = Format::fixed}, nullptr);
    CHECK(assumed.numbers[0].fixed->input_bits == 11);
    CHECK(assumed.numbers[1].fixed->state_bits == 11);
    Calibration calibration{{}, std::vector<Magnitudes>(3), std::vector<std::optional<Moments>>(3)};
    calibration.features.add(std::vector<float>{-3.9f, 1.0f});
    calibration.outputs[1].add(std::vector<float>{0.6f});
    const StoredGraph calibrated = quantize(graph, {.matrices = Format::fixed}, &calibration);
    CHECK(calibrated.numbers[0].fixed->input_bits == 12);  // +-8
    CHECK(calibrated.numbers[0].fixed->state_bits == 15);  // tanh
    CHECK(calibrated.numbers[1].fixed->state_bits == 14);  // +-2
    CHECK(!calibrated.numbers[0].fixed->one_hot);
    calibration.tokens = true;
    const StoredGraph tokens = quantize(graph, {.matrices = Format::fixed}, &calibration);
    CHECK(tokens.numbers[0].fixed->one_hot);
    const auto value = [](const FixedNumbers& n, std::size_t at) { return std::ldexp(n.kernel[at], -n.weight_bits); };
    CHECK(value(*tokens.numbers[0].fixed, 1) == doctest::Approx(value(*assumed.numbers[0].fixed, 4)).epsilon(1e-3));
}

TEST_CASE("a state without a bound of its own gets that of its weights, twice as far, where there is one") {
    // Exact: h <= 0.5 + 1 + 0.5 h, of an input within +-1 (a tanh layer below); linear reaches both ends.
    for (const Function f : {Function::relu, Function::linear}) {
        Graph graph = test::feature_graph(Cell::simple_rnn);
        auto& r = std::get<Recurrent>(graph.layers[1].kind);
        r.activation.function = f;
        for (float& w : r.input.values) w = 0;
        for (float& w : r.recurrent.values) w = 0;
        for (std::size_t u = 0; u < r.units; ++u) {
            r.bias[u] = 0.5f;
            r.input.at(u, 0) = 1;
            r.recurrent.at(u, u) = f == Function::relu ? 0.5f : -0.5f;
        }
        const auto state = [&] { return quantize(graph, {.matrices = Format::fixed}, nullptr).numbers[1]; };
        CHECK(state().fixed->state_bits == 12);  // twice 3 is below 8
        CHECK(state().state_origin == Origin::bounded);
        // Negative weights cannot make a relu grow, but a linear state.
        for (std::size_t u = 0; u < r.units; ++u) r.recurrent.at(u, u) = -1.5f;
        CHECK(state().state_origin == (f == Function::relu ? Origin::bounded : Origin::assumed));
        CHECK(state().fixed->state_bits == (f == Function::relu ? 13 : 11));  // 1.5; +-16
    }
}

TEST_CASE("a bound on states from weights holds for any input, and is not far above what inputs can do") {
    std::mt19937 random(5);
    const auto between = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
    for (const Function f : {Function::relu, Function::linear})
        for (const int kind : {0, 1, 2}) {  // features, one-hot, rows of a table
            CAPTURE(int(f));
            CAPTURE(kind);
            Recurrent r{Cell::simple_rnn, 6, Matrix(6, 5), Matrix(6, 6), std::vector<float>(6), {f, 0}, {f, 0}};
            Matrix table(9, 5);
            for (auto* values : {&r.input.values, &r.bias, &table.values})
                for (float& v : *values) v = float(between(-1, 1));
            for (float& v : r.recurrent.values) v = float(between(-0.15, 0.15));
            StepInputs inputs;
            if (kind == 0) inputs.magnitudes.assign(5, 2);
            if (kind == 1) inputs.one_hot = true;
            if (kind == 2) inputs.rows = &table;
            const auto bounds = state_bounds(r, inputs, 0);
            REQUIRE(bounds);
            double widest = 0;
            for (int sequence = 0; sequence < 300; ++sequence) {
                std::vector<double> h(6), x(5);
                for (int t = 0; t < 40; ++t) {
                    const std::size_t token = random() % (kind == 1 ? 5 : 9);
                    for (std::size_t k = 0; k < 5; ++k)
                        x[k] = kind == 0   ? (random() % 2 ? 2 : -2)
                               : kind == 1 ? double(k == token)
                                           : double(table.at(token, k));
                    std::vector<double> next(6);
                    for (std::size_t u = 0; u < 6; ++u) {
                        next[u] = r.bias[u];
                        for (std::size_t k = 0; k < 5; ++k) next[u] += double(r.input.at(u, k)) * x[k];
                        for (std::size_t k = 0; k < 6; ++k) next[u] += double(r.recurrent.at(u, k)) * h[k];
                        if (f == Function::relu) next[u] = std::max(0.0, next[u]);
                        CHECK(std::fabs(next[u]) <= (*bounds)[u]);
                        widest = test::worse(widest, std::fabs(next[u]) / (*bounds)[u]);
                    }
                    h = next;
                }
            }
            CHECK(widest > 0.5);
        }
}
