// Cases for main_test.sh, which asks what main.cpp makes of each.
#include <doctest/doctest.h>

#include "support/skip.hpp"

using runnel::test::skip_case;

TEST_CASE("holds") { CHECK(1 + 1 == 2); }
TEST_CASE("breaks") { CHECK(1 + 1 == 3); }
TEST_CASE("loops over nothing") {
    for (int i = 0; i < 0; ++i) CHECK(i == i);
}
TEST_CASE("is skipped") { skip_case("for a test"); }
TEST_CASE("is skipped as well") { skip_case("for a test"); }
TEST_CASE("breaks and is skipped") {
    CHECK(1 + 1 == 3);
    skip_case("for a test");
}
