#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "kernels/kernels.hpp"
#include "support/isa.hpp"

// Weak, so that programs which do not link the runtime may use this main too.
namespace runnel {
[[gnu::weak]] const Kernels* find_kernels(const char* name, bool& known) noexcept;
}

int main(int argc, char** argv) {
    bool known = true;
    const char* isa = runnel::test::forced_isa();
    if (isa && runnel::find_kernels && !runnel::find_kernels(isa, known)) return known ? 77 : 1;
    return doctest::Context(argc, argv).run();
}
