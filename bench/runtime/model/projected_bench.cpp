// A token through Embedding(10000, 128) + GRU(128) in int8, with the embedding projected and not. Counters: nanoseconds
// a token, minima, and their ratio.
#include <benchmark/benchmark.h>

#include <string>

#include "support/interleaved.hpp"
#include "support/loaded.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

constexpr std::uint32_t tokens = 10000, width = 128, units = 128;

void projected_beside_plain(benchmark::State& state, const char* isa) {
    test::Graph graph;
    graph.layers = {test::embedding(tokens, width), test::recurrent(schema::Cell::gru, width, units)};
    const auto int8 = schema::Format::int8;
    bench::Loaded with(graph, {int8, int8, true}, isa), without(graph, {int8, int8, false}, isa);
    Session &projected = with.new_session(), &plain = without.new_session();
    std::uint32_t token = 0;
    const auto next = [&] { return token = (token + 7919) % tokens; };
    std::array<bench::Times, 2> times{};
    for (auto _ : state)
        times = bench::interleaved([&] { bench::require(projected.step(next())); },
                                   [&] { bench::require(plain.step(next())); });
    const auto [of_projected, of_plain] = times;
    state.counters["projected_min_ns"] = of_projected.min;
    state.counters["plain_min_ns"] = of_plain.min;
    state.counters["gain"] = of_plain.min / of_projected.min;
}

}  // namespace

int main(int argc, char** argv) {
    for (const char* const* isa = isas(); *isa; ++isa)
        benchmark::RegisterBenchmark((std::string(*isa) + "/int8/projected").c_str(), projected_beside_plain, *isa)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
