#include "choose.hpp"
#include "fixed_kernels.hpp"

namespace runnel::fixed {

#define RUNNEL_ISA(name, test) extern const Kernels kernels_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

namespace {

const Choice<Kernels> choices[] = {
#define RUNNEL_ISA(name, test) {&kernels_##name, [] { return bool(test); }},
#include "isa_list.inc"
#undef RUNNEL_ISA
};

}  // namespace

const Kernels* find_kernels(const char* name, bool& known) noexcept { return choose(choices, name, known); }

}  // namespace runnel::fixed
