// usage: step_count ISA FORMAT CELL UNITS STEPS: makes so many steps, for a count of its instructions.
#include <cstdlib>

#include "support/cell_run.hpp"

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    bool known;
    const runnel::Kernels* kernels = runnel::find_kernels(argv[1], known);
    if (!kernels) return 1;
    const auto units = std::uint32_t(std::atoi(argv[4]));
    runnel::bench::CellRun run(runnel::Format(std::atoi(argv[2])), runnel::Cell(std::atoi(argv[3])), units, units);
    for (int steps = std::atoi(argv[5]); steps > 0; --steps) run.step(*kernels);
}
