// A token through the tutorials' model, Embedding(500, 16), GRU(8), Dense(1), in floats, in int8 and without any float,
// by turns. Counters: nanoseconds a step, minimum and median, and the ratio of the minima to that of f32.
#include <benchmark/benchmark.h>

#include <string>

#include "support/interleaved.hpp"
#include "support/loaded.hpp"
#include "support/models.hpp"

using namespace runnel;
using schema::Format;

namespace {

constexpr std::uint32_t tokens = 500;

void formats_by_turns(benchmark::State& state, const char* isa) {
    test::Graph graph;
    graph.layers = {test::embedding(tokens, 16), test::recurrent(schema::Cell::gru, 16, 8),
                    test::dense(8, 1, Function::sigmoid)};
    constexpr Format formats[] = {Format::f32, Format::int8, Format::fixed, Format::fixed8};
    bench::Loaded f32(graph, {.matrices = formats[0]}, isa), int8(graph, {.matrices = formats[1]}, isa),
        fixed(graph, {.matrices = formats[2]}, isa), fixed8(graph, {.matrices = formats[3]}, isa);
    std::uint32_t token = 0;
    const auto step = [&](Session& session) {
        return [&] {
            token = (token + 17) % tokens;
            bench::require(session.step(token));
        };
    };
    std::array<bench::Times, 4> times{};
    for (auto _ : state)
        times = bench::interleaved(step(f32.new_session()), step(int8.new_session()), step(fixed.new_session()),
                                   step(fixed8.new_session()));
    for (std::size_t i = 0; i < times.size(); ++i) {
        const std::string name = schema::EnumNameFormat(formats[i]);
        state.counters[name + "_min_ns"] = times[i].min;
        state.counters[name + "_median_ns"] = times[i].median;
        if (i > 0) state.counters[name + "_ratio"] = times[i].min / times[0].min;
    }
}

}  // namespace

int main(int argc, char** argv) {
    for (const char* const* isa = isas(); *isa; ++isa)
        benchmark::RegisterBenchmark((std::string(*isa) + "/tutorial/GRU/formats").c_str(), formats_by_turns, *isa)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
