// One step of each cell on each instruction set, beside a load-only pass over the same weights. Arguments: units and
// inputs; counters: nanoseconds, minimum and median, and the ratio of the minima.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>

#include "base/packing.hpp"
#include "kernels/kernels.hpp"
#include "support/interleaved.hpp"
#include "support/load_only.hpp"

using namespace runnel;

namespace {

struct Aligned {
    explicit Aligned(std::size_t count)
        : size(count), data(static_cast<float*>(std::aligned_alloc(4096, padded_to(count * sizeof(float), 4096)))) {
        std::fill(data, data + count, 0.0f);
    }
    ~Aligned() { std::free(data); }
    Aligned(const Aligned&) = delete;
    std::size_t size;
    float* data;
};

void fill(Aligned& a, float range) {
    std::mt19937 generator(1);
    for (std::size_t i = 0; i < a.size; ++i) a.data[i] = range * (float(generator()) / 2147483648.0f - 1.0f);
}

constexpr std::size_t gates[] = {1, 3, 3, 4}, terms[] = {1, 4, 3, 4};
constexpr const char* names[] = {"SimpleRNN", "GRU", "GRU_reset_before", "LSTM"};

void step_beside_load(benchmark::State& state, const Kernels* kernels, int cell, std::uint32_t inputs,
                      std::uint32_t units) {
    Aligned weights(Packing{gates[cell], units, inputs, units, 1}.size());
    Aligned bias(padded_units(units) * terms[cell]), x(inputs), c(padded_units(units)), scratch(padded_units(units));
    Aligned h0(padded_units(units)), h1(padded_units(units));
    fill(weights, 1 / std::sqrt(float(units)));
    fill(bias, 0.1f), fill(x, 1);
    CellStep step{weights.data, bias.data, x.data, inputs, 0, inputs, units, h0.data, h1.data, c.data, scratch.data,
                  {Function::tanh, 0}, {Function::sigmoid, 0}};
    const auto run = [&] {
        kernels->cell[0][cell](step);
        float* next = step.h_next;
        step.h_next = const_cast<float*>(step.h);
        step.h = next;
    };
    const auto load = [&] { bench::load_only(kernels->name, weights.data, weights.size * sizeof(float)); };
    bench::Times of_step{}, of_load{};
    for (auto _ : state) std::tie(of_step, of_load) = bench::interleaved(run, load);
    state.counters["step_min_ns"] = of_step.min;
    state.counters["step_median_ns"] = of_step.median;
    state.counters["load_min_ns"] = of_load.min;
    state.counters["load_median_ns"] = of_load.median;
    state.counters["ratio"] = of_step.min / of_load.min;
    state.counters["bytes"] = double(weights.size * sizeof(float));
}

}  // namespace

int main(int argc, char** argv) {
    for (const Kernels* const* k = available_kernels(); *k; ++k)
        for (int cell : {1, 3, 0, 2})
            for (std::uint32_t units : {8, 16, 32, 64, 128, 256, 512}) {
                const std::uint32_t inputs = units == 8 ? 16 : units;
                const std::string name = std::string((*k)->name) + "/f32/" + names[cell] + "/" + std::to_string(inputs) +
                                         "to" + std::to_string(units);
                benchmark::RegisterBenchmark(name.c_str(), step_beside_load, *k, cell, inputs, units)
                    ->Iterations(1)
                    ->Unit(benchmark::kMillisecond);
            }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
