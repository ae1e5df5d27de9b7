/// How an instruction set is chosen: from the rows of isa_list.inc, best first, by this CPU or by name.
#pragma once
#include <stddef.h>
#if defined(__linux__) && (defined(__arm__) || defined(__aarch64__))
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace runnel {

/// A table of kernels and whether this CPU runs them.
template <class Kernels> struct Choice {
    const Kernels* kernels;
    bool (*runs_here)();
};

/// The first of `choices` that runs here and has this name (null: any), or null; `known`: some choice has the name.
template <class Kernels, size_t count>
const Kernels* choose(const Choice<Kernels> (&choices)[count], const char* name, bool& known) noexcept {
    auto same = [](const char* a, const char* b) {
        for (; *a && *a == *b; ++a) ++b;
        return *a == *b;
    };
    known = !name;
    for (const Choice<Kernels>& c : choices) {
        if (name && !same(c.kernels->name, name)) continue;
        known = true;
        if (c.runs_here()) return c.kernels;
    }
    return nullptr;
}

}  // namespace runnel
