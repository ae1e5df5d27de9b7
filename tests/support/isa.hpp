/// The instruction set that this run of a test is to use.
#pragma once
#include <cstdlib>

namespace runnel::test {

/// RUNNEL_ISA, or null for the best. Tests that run once per instruction set pass it to Model::load; main() has
/// already ended the program with 77 if this CPU lacks it.
inline const char* forced_isa() { return std::getenv("RUNNEL_ISA"); }

}  // namespace runnel::test
