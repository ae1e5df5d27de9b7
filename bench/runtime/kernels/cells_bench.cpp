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

constexpr const char* format_names[] = {"f32", "f16", "int8", "int8x16"};
constexpr std::size_t weight_bytes[] = {4, 2, 1, 1}, groups[] = {1, 1, 4, 4};

void step_beside_load(benchmark::State& state, const Kernels* kernels, int format, int cell, std::uint32_t inputs,
                      std::uint32_t units) {
    const std::size_t padded = padded_units(units);
    const std::size_t bytes = Packing{gates[cell], units, inputs, units, groups[format]}.size() * weight_bytes[format];
    Aligned weights(bytes / sizeof(float)), scales(2 * gates[cell] * padded), bias(padded * terms[cell]);
    Aligned x(padded_to(inputs, 4)), c(padded), scratch(3 * padded), h0(padded), h1(padded), codes(padded);
    if (format == 0) fill(weights, 1 / std::sqrt(float(units)));
    fill(bias, 0.1f), fill(x, 1);
    CellStep step{.weights = weights.data, .scales = scales.data, .bias = bias.data, .x = x.data, .inputs = inputs,
                  .first = 0, .columns = inputs, .projected = nullptr, .x_factor = 1, .state_factor = 1,
                  .apart = false, .units = units, .state = h0.data, .h = h0.data, .h_next = h1.data, .c = c.data,
                  .scratch = scratch.data, .state_next = nullptr, .state_inverse = 127, .activation = {Function::tanh, 0},
                  .recurrent_activation = {Function::sigmoid, 0}, .begin = 0};
    Aligned next_codes(padded);
    if (format >= 2) step.state = codes.data, step.h_next = h0.data, step.state_next = next_codes.data;
    const auto run = [&] {
        kernels->cells[format].step[cell](step);
        if (format >= 2) {
            void* next = step.state_next;
            step.state_next = const_cast<void*>(step.state);
            step.state = next;
        } else {
            float* next = step.h_next;
            step.h_next = const_cast<float*>(step.h);
            step.h = next, step.state = next;
        }
    };
    const auto load = [&] { bench::load_only(kernels->name, weights.data, bytes); };
    bench::Times of_step{}, of_load{};
    for (auto _ : state) std::tie(of_step, of_load) = bench::interleaved(run, load);
    state.counters["step_min_ns"] = of_step.min;
    state.counters["step_median_ns"] = of_step.median;
    state.counters["load_min_ns"] = of_load.min;
    state.counters["load_median_ns"] = of_load.median;
    state.counters["ratio"] = of_step.min / of_load.min;
    state.counters["bytes"] = double(bytes);
}

}  // namespace

int main(int argc, char** argv) {
    for (const Kernels* const* k = available_kernels(); *k; ++k)
        for (int format = 0; format < matrix_formats; ++format)
            for (int cell : {1, 3, 0, 2})
                for (std::uint32_t units : {8, 16, 32, 64, 128, 256, 512}) {
                    const std::uint32_t inputs = units == 8 ? 16 : units;
                    const std::string name = std::string((*k)->name) + "/" + format_names[format] + "/" + names[cell] +
                                             "/" + std::to_string(inputs) + "to" + std::to_string(units);
                    benchmark::RegisterBenchmark(name.c_str(), step_beside_load, *k, format, cell, inputs, units)
                        ->Iterations(1)
                        ->Unit(benchmark::kMillisecond);
                }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
