// The table of steps beside their limit: the time of a step of N units on N inputs over the larger of the times to load
// its weights and to multiply them, all measured by turns in one run.
#include <cstdio>
#include <cstring>
#include <vector>

#include "multiply.hpp"
#include "support/cell_run.hpp"
#include "support/interleaved.hpp"
#include "support/load_only.hpp"

using namespace runnel;

namespace runnel::bench {

#define RUNNEL_ISA(name, test) extern const Multiply multiply_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

const Multiply* find_multiply(const char* isa) {
    static const Multiply* const all[] = {
#define RUNNEL_ISA(name, test) &multiply_##name,
#include "isa_list.inc"
#undef RUNNEL_ISA
    };
    for (const Multiply* m : all)
        if (!std::strcmp(m->name, isa)) return m;
    return nullptr;
}

}  // namespace runnel::bench

namespace {

constexpr std::uint32_t sizes[] = {64, 128, 256, 512};

void print_row(const Kernels& kernels, Format format, Cell cell) {
    const bench::Multiply& multiply = *bench::find_multiply(kernels.name);
    const auto pass = (cell == Cell::gru ? multiply.gru : multiply.lstm)[int(format)];
    const bench::Floats hot(bench::multiply_weights / sizeof(float)), x(16);
    std::printf("| %s %s on %s |", cell == Cell::gru ? "GRU" : "LSTM", bench::format_names[int(format)], kernels.name);
    for (const std::uint32_t n : sizes) {
        bench::CellRun run(format, cell, n, n);
        const auto [step, load, multiplied] = bench::interleaved(
            [&] { run.step(kernels); }, [&] { bench::load_only(kernels.name, run.weights(), run.bytes()); },
            [&] { pass(hot.data, x.data, n, n); });
        std::printf(" %.2f (%.0f; %.0f, %.0f) |", step.min / std::max(load.min, multiplied.min), step.min, load.min,
                    multiplied.min);
        std::fflush(stdout);
    }
    std::printf("\n");
}

}  // namespace

int main() {
    std::printf("ratio of a step to its limit (ns: step; loading the weights, multiplying them), minima of one run\n"
                "| N units on N inputs | 64 | 128 | 256 | 512 |\n|---|---|---|---|---|\n");
    for (const Cell cell : {Cell::gru, Cell::lstm})
        for (const Format format : {Format::f32, Format::f16, Format::int8, Format::int8x16})
            for (const Kernels* const* k = available_kernels(); std::strcmp((*k)->name, "scalar"); ++k)
                print_row(**k, format, cell);
}
