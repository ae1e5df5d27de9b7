#include <cstring>

#include "kernels.hpp"
#if defined(__linux__) && (defined(__arm__) || defined(__aarch64__))
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace runnel {

#define RUNNEL_ISA(name, test) extern const Kernels kernels_##name;
#include "isa_list.inc"
#undef RUNNEL_ISA

namespace {

struct Entry {
    const Kernels* kernels;
    bool (*runs_here)();
};

// Best first: the order of the rows in CMakeLists.txt.
const Entry entries[] = {
#define RUNNEL_ISA(name, test) {&kernels_##name, [] { return bool(test); }},
#include "isa_list.inc"
#undef RUNNEL_ISA
};
constexpr int count = sizeof entries / sizeof *entries;

struct Available {
    const Kernels* kernels[count + 1] = {};
    Available() {
        const Kernels** next = kernels;
        for (const Entry& e : entries)
            if (e.runs_here()) *next++ = e.kernels;
    }
};

}  // namespace

const Kernels* const* available_kernels() noexcept {
    static const Available available;
    return available.kernels;
}

const Kernels* find_kernels(const char* name, bool& known) noexcept {
    known = true;
    if (!name) return *available_kernels();
    for (const Kernels* const* k = available_kernels(); *k; ++k)
        if (!std::strcmp((*k)->name, name)) return *k;
    known = false;
    for (const Entry& e : entries) known |= !std::strcmp(e.kernels->name, name);
    return nullptr;
}

}  // namespace runnel
