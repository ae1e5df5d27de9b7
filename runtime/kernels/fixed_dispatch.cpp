#include <stddef.h>

#include "fixed_kernels.hpp"
#if defined(__linux__) && (defined(__arm__) || defined(__aarch64__))
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace runnel::fixed {

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

bool same(const char* a, const char* b) {
    for (; *a && *a == *b; ++a) ++b;
    return *a == *b;
}

}  // namespace

const Kernels* find_kernels(const char* name) noexcept {
    for (const Entry& e : entries)
        if ((!name || same(e.kernels->name, name)) && e.runs_here()) return e.kernels;
    return nullptr;
}

}  // namespace runnel::fixed
