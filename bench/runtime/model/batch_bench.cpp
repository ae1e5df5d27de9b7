// Four streams stepped as a Batch beside four sessions stepped one by one, GRU(512) on 512 features. Counters:
// nanoseconds for the four steps, minima, and how many times more steps a second the batch makes.
#include <benchmark/benchmark.h>

#include <string>

#include "support/interleaved.hpp"
#include "support/loaded.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

constexpr std::uint32_t streams = 4, units = 512;

void batch_beside_sessions(benchmark::State& state, const char* isa, schema::Format format) {
    test::Graph graph;
    graph.layers = {test::recurrent(schema::Cell::gru, units, units)};
    bench::Loaded loaded(graph, {.matrices = format}, isa);
    Batch& batch = loaded.new_batch(streams);
    Session* sessions[streams];
    for (Session*& session : sessions) session = &loaded.new_session();
    const std::vector<float> x = test::uniform(units, 1.0f, 1);
    const std::vector<const float*> inputs(streams, x.data());
    std::array<bench::Times, 2> times{};
    for (auto _ : state)
        times = bench::interleaved([&] { bench::require(batch.step(inputs)); },
                                   [&] {
                                       for (Session* session : sessions) bench::require(session->step(x.data(), units));
                                   });
    const auto [together, one_by_one] = times;
    state.counters["batch_min_ns"] = together.min;
    state.counters["sessions_min_ns"] = one_by_one.min;
    state.counters["gain"] = one_by_one.min / together.min;
}

}  // namespace

int main(int argc, char** argv) {
    for (const char* const* isa = isas(); *isa; ++isa)
        for (const auto format :
             {schema::Format::f32, schema::Format::f16, schema::Format::int8, schema::Format::int8x16}) {
            const std::string name =
                std::string(*isa) + "/" + schema::EnumNameFormat(format) + "/4 streams/GRU/512to512";
            benchmark::RegisterBenchmark(name.c_str(), batch_beside_sessions, *isa, format)
                ->Iterations(1)
                ->Unit(benchmark::kMillisecond);
        }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
