// One step of each cell on each instruction set, beside a load-only pass over the same weights. Arguments: units and
// inputs; counters: nanoseconds, minimum and median, and the ratio of the minima.
#include <benchmark/benchmark.h>

#include <string>

#include "support/cell_run.hpp"
#include "support/interleaved.hpp"
#include "support/load_only.hpp"

using namespace runnel;

namespace {

constexpr const char* names[] = {"SimpleRNN", "GRU", "GRU_reset_before", "LSTM"};

void step_beside_load(benchmark::State& state, const Kernels* kernels, Format format, Cell cell, std::uint32_t inputs,
                      std::uint32_t units) {
    bench::CellRun run(format, cell, inputs, units);
    std::array<bench::Times, 2> times{};
    for (auto _ : state)
        times = bench::interleaved([&] { run.step(*kernels); },
                                   [&] { bench::load_only(kernels->name, run.weights(), run.bytes()); });
    const auto [of_step, of_load] = times;
    state.counters["step_min_ns"] = of_step.min;
    state.counters["step_median_ns"] = of_step.median;
    state.counters["load_min_ns"] = of_load.min;
    state.counters["load_median_ns"] = of_load.median;
    state.counters["ratio"] = of_step.min / of_load.min;
    state.counters["bytes"] = double(run.bytes());
}

}  // namespace

int main(int argc, char** argv) {
    for (const Kernels* const* k = available_kernels(); *k; ++k)
        for (const Format format : {Format::f32, Format::f16, Format::int8, Format::int8x16})
            for (const Cell cell : {Cell::gru, Cell::lstm, Cell::simple_rnn, Cell::gru_reset_before})
                for (std::uint32_t units : {8, 16, 32, 64, 128, 256, 512}) {
                    const std::uint32_t inputs = units == 8 ? 16 : units;
                    const std::string name = std::string((*k)->name) + "/" + bench::format_names[int(format)] + "/" +
                                             names[int(cell)] + "/" + std::to_string(inputs) + "to" +
                                             std::to_string(units);
                    benchmark::RegisterBenchmark(name.c_str(), step_beside_load, *k, format, cell, inputs, units)
                        ->Iterations(1)
                        ->Unit(benchmark::kMillisecond);
                }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
