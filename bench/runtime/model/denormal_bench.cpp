// Steps whose numbers have become tiny, by turns with the same steps over common numbers. A cell with relu or linear
// activations and one with the usual ones, without biases, forget a first input: their states decay through all floats
// down to zero. Counters: nanoseconds a step of common numbers (minimum), and how many times as long takes the slowest
// of the stretches of the decay (minimum of some runs), a step with subnormal features, and one whose features have
// subnormal products.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/interleaved.hpp"
#include "support/loaded.hpp"
#include "support/models.hpp"

using namespace runnel;
using schema::Cell, schema::Format;

namespace {

constexpr std::uint32_t inputs = 8, units = 64;
constexpr int stretch = 50, stretches = 70, runs = 25;

struct Decaying {
    const char* name;
    Cell cell;
    Function candidate, gate;
};

/// Each unit keeps about 0.95 of its state; no biases.
test::Graph decaying_graph(const Decaying& kind) {
    test::Graph graph;
    graph.layers = {test::recurrent(kind.cell, inputs, units)};
    auto& r = std::get<converter::Recurrent>(graph.layers[0].kind);
    r.activation.function = kind.candidate, r.recurrent_activation.function = kind.gate;
    for (float& b : r.bias) b = 0;
    for (float& w : r.recurrent.values) w *= 0.001f;
    const std::size_t kept = kind.cell == Cell::lstm ? 1 : 0;  // the gate f, or z
    if (kind.cell == Cell::simple_rnn)
        for (std::size_t j = 0; j < units; ++j) r.recurrent.at(j, j) = 0.95f;
    else
        for (std::size_t j = 0; j < units; ++j) r.bias[kept * units + j] = 3;  // sigmoid(3) = 0.95
    return graph;
}

double steps_ns(Session& session, const std::vector<float>& x, int steps) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < steps; ++i) bench::require(session.step(x.data(), x.size()));
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / steps;
}

void decay(benchmark::State& state, Decaying kind, Format format, const char* isa) {
    bench::Loaded loaded(decaying_graph(kind), {.matrices = format}, isa);
    Session &session = loaded.new_session(), &common = loaded.new_session();
    const std::vector<float> zero(inputs), x = test::uniform(inputs, 1, 5);
    std::vector<float> subnormal(inputs), small(inputs);
    for (std::uint32_t i = 0; i < inputs; ++i) subnormal[i] = x[i] * 1e-39f, small[i] = x[i] * 2e-38f;
    std::vector<double> slowest(stretches, 1e30);
    double usual = 1e30, with_subnormal = 1e30, with_small = 1e30;
    for (auto _ : state)
        for (int run = 0; run < runs; ++run) {
            session.reset();
            bench::require(session.step(x.data(), x.size()));
            for (double& ns : slowest) {
                ns = std::min(ns, steps_ns(session, zero, stretch));
                usual = std::min(usual, steps_ns(common, x, stretch));
            }
            for (int i = 0; i < 20; ++i) {
                session.reset();
                with_subnormal = std::min(with_subnormal, steps_ns(session, subnormal, stretch));
                session.reset();
                with_small = std::min(with_small, steps_ns(session, small, stretch));
            }
        }
    const auto worst = std::max_element(slowest.begin(), slowest.end());
    state.counters["usual_ns"] = usual;
    state.counters["decay"] = *worst / usual;
    state.counters["decay_at"] = double((worst - slowest.begin()) * stretch);
    state.counters["subnormal_features"] = with_subnormal / usual;
    state.counters["small_features"] = with_small / usual;
}

}  // namespace

int main(int argc, char** argv) {
    static constexpr Decaying kinds[] = {{"SimpleRNN_relu", Cell::simple_rnn, Function::relu, Function::sigmoid},
                                         {"SimpleRNN_linear", Cell::simple_rnn, Function::linear, Function::sigmoid},
                                         {"SimpleRNN_tanh", Cell::simple_rnn, Function::tanh, Function::sigmoid},
                                         {"GRU_linear", Cell::gru, Function::linear, Function::sigmoid},
                                         {"GRU_tanh", Cell::gru, Function::tanh, Function::sigmoid},
                                         {"GRU_before_relu", Cell::gru_reset_before, Function::relu, Function::sigmoid},
                                         {"LSTM_relu", Cell::lstm, Function::relu, Function::sigmoid},
                                         {"LSTM_tanh", Cell::lstm, Function::tanh, Function::sigmoid}};
    for (const char* const* isa = isas(); *isa; ++isa)
        for (const Format format : {Format::f32, Format::f16, Format::int8})
            for (const Decaying& kind : kinds)
                benchmark::RegisterBenchmark(
                    (std::string(*isa) + "/" + schema::EnumNameFormat(format) + "/" + kind.name).c_str(), decay, kind,
                    format, *isa)
                    ->Iterations(1)
                    ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
