// Whole steps of whole models through the public API, and loading. Counters: nanoseconds, minimum and median; for steps
// the ratio to a pass that only loads the model's recurrent weights.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/interleaved.hpp"
#include "support/load_only.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

/// The tutorials' model: Embedding(500, 16), a cell of 8 units, Dense(1, sigmoid).
test::Graph tutorial(schema::Cell cell) {
    test::Graph g;
    g.layers = {test::embedding(500, 16), test::recurrent(cell, 16, 8), test::dense(8, 1, Function::sigmoid)};
    return g;
}

/// GRU(units) on as many features, Dense(1, sigmoid).
test::Graph features(std::size_t units) {
    test::Graph g;
    g.layers = {test::recurrent(schema::Cell::gru, units, units), test::dense(units, 1, Function::sigmoid)};
    return g;
}

void fail(Status status) {
    if (status != Status::ok) std::abort();
}

void step_and_answer(benchmark::State& state, const test::Graph& graph, const char* isa) {
    const auto file = test::file_of(graph);
    Model model;
    fail(model.load(file.bytes().data(), file.bytes().size(), isa));
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    fail(Session::create(model, block.data(), block.size(), session));
    const bool tokens = model.info().takes_tokens;
    const std::uint32_t inputs = model.info().inputs;
    const std::vector<float> x = test::uniform(inputs, 1.0f, 1);
    std::uint32_t token = 0;
    const auto step = [&] {
        token = token + 17 < inputs ? token + 17 : token + 17 - inputs;
        fail(tokens ? session->step(token) : session->step(x.data(), x.size()));
        benchmark::DoNotOptimize(session->output()[0]);
    };
    const std::size_t bytes = model.layer(tokens ? 1 : 0).weight_bytes / 64 * 64;
    const test::Block weights(bytes);
    std::fill(weights.data(), weights.data() + bytes, 0);
    std::array<bench::Times, 2> times{};
    for (auto _ : state) times = bench::interleaved(step, [&] { bench::load_only(isa, weights.data(), bytes); });
    const auto [of_step, of_load] = times;
    state.counters["step_min_ns"] = of_step.min;
    state.counters["step_median_ns"] = of_step.median;
    state.counters["load_min_ns"] = of_load.min;
    state.counters["ratio"] = of_step.min / of_load.min;
}

/// Model::load of a file of about 1 MB, beside reading its bytes once.
void load_model(benchmark::State& state, const char* isa) {
    const auto file = test::file_of(features(204));
    Model model;
    std::array<bench::Times, 2> times{};
    for (auto _ : state)
        times = bench::interleaved([&] { fail(model.load(file.bytes().data(), file.bytes().size(), isa)); },
                                   [&] { bench::load_only(isa, file.bytes().data(), file.bytes().size() / 64 * 64); });
    const auto [of_load, of_bytes] = times;
    state.counters["bytes"] = double(file.bytes().size());
    state.counters["verify_min_ns"] = of_load.min;
    state.counters["verify_median_ns"] = of_load.median;
    state.counters["ratio"] = of_load.min / of_bytes.min;
}

template <class F> void add(const std::string& name, F f) {
    benchmark::RegisterBenchmark(name.c_str(), f)->Iterations(1)->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    for (const char* const* isa = isas(); *isa; ++isa) {
        const char* name = *isa;
        add(std::string(name) + "/tutorial/GRU",
            [=](auto& s) { step_and_answer(s, tutorial(schema::Cell::gru), name); });
        add(std::string(name) + "/tutorial/LSTM",
            [=](auto& s) { step_and_answer(s, tutorial(schema::Cell::lstm), name); });
        for (std::size_t units : {64, 256})
            add(std::string(name) + "/features/GRU/" + std::to_string(units),
                [=](auto& s) { step_and_answer(s, features(units), name); });
        add(std::string(name) + "/load_1MB", [=](auto& s) { load_model(s, name); });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
