#include "choose.hpp"
#include "kernels.hpp"

namespace runnel {

#define RUNNEL_ISA(name, test) extern const Kernels kernels_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

namespace {

constexpr Choice<Kernels> choices[] = {
#define RUNNEL_ISA(name, test) {&kernels_##name, [] { return bool(test); }},
#include "isa_list.inc"
#undef RUNNEL_ISA
};
constexpr const char* all_names[] = {
#define RUNNEL_ISA(name, test) #name,
#include "isa_list.inc"
#undef RUNNEL_ISA
};

constexpr unsigned sets = sizeof choices / sizeof *choices;

/// For each combination of sets (bit i: set i runs here) the list of them, ended by null: all lists are there when the
/// program is loaded, so that asking for one needs no lock, no guard and no memory.
template <class T> struct Lists {
    T lists[1u << sets][sets + 1] = {};
    template <class Entry> constexpr explicit Lists(Entry entry) {
        for (unsigned here = 0; here < 1u << sets; ++here)
            for (unsigned i = 0, count = 0; i < sets; ++i)
                if (here >> i & 1) lists[here][count++] = entry(i);
    }
};
constexpr Lists<const Kernels*> kernel_lists([](unsigned i) { return choices[i].kernels; });
constexpr Lists<const char*> name_lists([](unsigned i) { return all_names[i]; });

unsigned sets_here() {
    unsigned here = 0;
    for (unsigned i = 0; i < sets; ++i) here |= unsigned(choices[i].runs_here()) << i;
    return here;
}

}  // namespace

const Kernels* const* available_kernels() noexcept { return kernel_lists.lists[sets_here()]; }
const char* const* available_names() noexcept { return name_lists.lists[sets_here()]; }

const Kernels* find_kernels(const char* name, bool& known) noexcept { return choose(choices, name, known); }

}  // namespace runnel
