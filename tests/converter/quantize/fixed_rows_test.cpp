// fixed8: rows have fraction bits of their own.
#include <algorithm>
#include <random>

#include "running.hpp"
#include "support/fixed_trainer.hpp"
#include "support/float64.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// GRU(64) on 8 features and Dense(1), weights N(0, 0.05), with one recurrent weight of 2.4.
Graph with_outlier(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> weight(0, 0.05f);
    Graph graph;
    graph.layers = {test::recurrent(Cell::gru, 8, 64), test::dense(64, 1, Function::linear)};
    auto& gru = std::get<Recurrent>(graph.layers[0].kind);
    auto& dense = std::get<Dense>(graph.layers[1].kind);
    for (auto* values : {&gru.input.values, &gru.recurrent.values, &gru.bias, &dense.weights.values, &dense.bias})
        for (float& v : *values) v = weight(random);
    gru.recurrent.at(random() % gru.recurrent.rows, random() % gru.recurrent.columns) = 2.4f;
    return graph;
}

/// Decibels of the answers to 20 sequences of 30 steps, beside Keras' formulas in float64.
double snr(const Graph& graph, const StoredGraph& stored) {
    const auto& gru = std::get<Recurrent>(graph.layers[0].kind);
    const auto& dense = std::get<Dense>(graph.layers[1].kind);
    const test::Cell64 cell{
        int(gru.cell),           8, 64, gru.input.values, gru.recurrent.values, gru.bias, gru.activation,
        gru.recurrent_activation};
    test::Running running(stored);
    test::Noise noise;
    for (unsigned sequence = 0; sequence < 20; ++sequence) {
        test::Vector h(64), c(64);
        running.session().reset();
        for (unsigned t = 0; t < 30; ++t) {
            const auto x = test::uniform(8, 1, 1000 * sequence + t);
            cell.step({x.begin(), x.end()}, h, c);
            const double answer = test::row_times(dense.weights.values, 0, h) + double(dense.bias[0]);
            noise.add(std::vector<double>{answer}, running.step(x));
        }
    }
    return noise.snr();
}

}  // namespace

TEST_CASE("one large weight costs its row alone: fixed8 is within 6 dB of int8x16") {
    constexpr unsigned seeds = 8;
    double below = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        const Graph graph = with_outlier(seed);
        const double fixed8 = snr(graph, test::quantized(graph, Format::fixed8)),
                     int8x16 = snr(graph, test::quantized(graph, Format::int8x16));
        INFO("seed ", seed, ": fixed8 ", fixed8, " dB, int8x16 ", int8x16, " dB");
        CHECK(fixed8 > int8x16 - 8);  // rounding has luck, good or bad
        below += int8x16 - fixed8;
    }
    CHECK(below / seeds < 6);
}

TEST_CASE("the trainer holds each row on its own grid: what it predicts has the session's bits") {
    const StoredGraph stored = test::quantized(with_outlier(1), Format::fixed8);
    const auto& finer = stored.numbers[0].fixed->finer;
    CHECK(*std::max_element(finer.begin(), finer.end()) > 0);
    for (const char* isa : {static_cast<const char*>(test::forced_isa()), "scalar"}) {
        test::Running running(stored, isa);
        test::FixedTrainer trainer(running.model(), 30);
        std::vector<std::int16_t> features;
        std::vector<float> x(8);
        const int bits = stored.numbers[0].fixed->input_bits;
        float answer = 0;
        for (unsigned t = 0; t < 30; ++t) {
            for (float& v : x) {
                features.push_back(std::int16_t(std::ldexp(1, bits) * std::sin(double(features.size()))));
                v = std::ldexp(float(features.back()), -bits);
            }
            answer = running.step(x)[0];
        }
        std::int32_t predicted = 0;
        REQUIRE(trainer->predict({.features = features.data(), .count = 1, .steps = 30}, &predicted) ==
                training::Status::ok);
        CHECK(answer == float(predicted) / 65536);
    }
}
