#include "choose.hpp"
#include "kernels.hpp"

namespace runnel {

#define RUNNEL_ISA(name, test) extern const Kernels kernels_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

namespace {

const Choice<Kernels> choices[] = {
#define RUNNEL_ISA(name, test) {&kernels_##name, [] { return bool(test); }},
#include "isa_list.inc"
#undef RUNNEL_ISA
};

struct Available {
    const Kernels* kernels[sizeof choices / sizeof *choices + 1] = {};
    Available() {
        const Kernels** next = kernels;
        for (const Choice<Kernels>& c : choices)
            if (c.runs_here()) *next++ = c.kernels;
    }
};

}  // namespace

const Kernels* const* available_kernels() noexcept {
    static const Available available;
    return available.kernels;
}

const Kernels* find_kernels(const char* name, bool& known) noexcept { return choose(choices, name, known); }

}  // namespace runnel
