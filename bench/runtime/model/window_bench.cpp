// A step of a Window of 30 steps beside 30 steps of a session, which is what the same answer costs from zero state.
// Counters: nanoseconds for one answer each way, minima, and how many times less the window takes.
#include <benchmark/benchmark.h>

#include <string>

#include "runnel/window.hpp"
#include "support/interleaved.hpp"
#include "support/loaded.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

constexpr std::uint32_t length = 30;

void window_beside_steps(benchmark::State& state, schema::Cell cell, std::uint32_t units, schema::Format format) {
    test::Graph graph;
    graph.layers = {test::recurrent(cell, 16, units), test::dense(units, 1, Function::sigmoid)};
    for (float& w : std::get<converter::Dense>(graph.layers[1].kind).weights.values) w /= float(units);
    bench::Loaded loaded(graph, {.matrices = format}, nullptr);
    const test::Block block(Window::bytes(loaded.model, length, 1));
    Window* window = nullptr;
    bench::require(Window::create(loaded.model, length, 1, block.data(), block.size(), window));
    Session& session = loaded.new_session();
    const std::vector<float> x = test::uniform(16, 1.0f, 1);
    for (std::uint32_t t = 0; t < length; ++t) bench::require(window->step(x.data(), x.size()));
    std::array<bench::Times, 2> times{};
    for (auto _ : state)
        times = bench::interleaved(
            [&] {
                bench::require(window->step(x.data(), x.size()));
                benchmark::DoNotOptimize(window->output()[0]);
            },
            [&] {
                session.reset();
                for (std::uint32_t t = 0; t < length; ++t) bench::require(session.step(x.data(), x.size()));
                benchmark::DoNotOptimize(session.output()[0]);
            });
    const auto [windowed, stepped] = times;
    state.counters["window_min_ns"] = windowed.min;
    state.counters["steps_min_ns"] = stepped.min;
    state.counters["gain"] = stepped.min / windowed.min;
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto format : {schema::Format::f32, schema::Format::int8, schema::Format::fixed})
        for (const auto cell : {schema::Cell::gru, schema::Cell::lstm})
            for (const std::uint32_t units : {20u, 64u, 128u, 256u}) {
                const std::string name = std::string("window of 30/") + schema::EnumNameFormat(format) + "/" +
                                         schema::EnumNameCell(cell) + "/16to" + std::to_string(units);
                benchmark::RegisterBenchmark(name.c_str(), window_beside_steps, cell, units, format)
                    ->Iterations(1)
                    ->Unit(benchmark::kMillisecond);
            }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
