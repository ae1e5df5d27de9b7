#include <doctest/doctest.h>

#include <cstring>

#include "kernels/kernels.hpp"

using namespace runnel;

TEST_CASE("kernels are chosen by name") {
    bool known;
    const Kernels* const* all = available_kernels();
    REQUIRE(*all);
    CHECK(find_kernels(nullptr, known) == *all);
    const Kernels* last = nullptr;
    for (; *all; ++all) {
        last = *all;
        CHECK(find_kernels(last->name, known) == last);
    }
    CHECK(std::strcmp(last->name, "scalar") == 0);
    CHECK(find_kernels("no such set", known) == nullptr);
    CHECK_FALSE(known);
}
