#include "training_kernels.hpp"

namespace runnel::fixed {

#define RUNNEL_ISA(name, test)           \
    extern const Kernels kernels_##name; \
    extern const TrainingKernels training_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

const TrainingKernels& training_kernels(const Kernels& forward) noexcept {
#define RUNNEL_ISA(name, test) \
    if (&forward == &kernels_##name) return training_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA
    __builtin_unreachable();
}

}  // namespace runnel::fixed
