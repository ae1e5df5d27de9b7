#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "kernels/fixed_kernels.hpp"
#include "kernels/kernels.hpp"
#include "support/isa.hpp"

// Weak, so that programs which link only one of the two libraries, or none, may use this main too.
namespace runnel {
[[gnu::weak]] const Kernels* find_kernels(const char* name, bool& known) noexcept;
namespace fixed {
[[gnu::weak]] const Kernels* find_kernels(const char* name, bool& known) noexcept;
}
}  // namespace runnel

int main(int argc, char** argv) {
    bool known = true;
    const char* isa = runnel::test::forced_isa();
    if (isa && runnel::find_kernels && !runnel::find_kernels(isa, known)) return known ? 77 : 1;
    if (isa && runnel::fixed::find_kernels && !runnel::fixed::find_kernels(isa, known)) return known ? 77 : 1;
    return doctest::Context(argc, argv).run();
}
