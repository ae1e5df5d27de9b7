#include "common/timing.hpp"

#include <array>
#include <doctest/doctest.h>
#include <numeric>

using runnel::Block;
using runnel::summarize;

TEST_CASE("percentiles are nearest ranks") {
    std::vector<double> singles(1000);
    std::iota(singles.rbegin(), singles.rend(), 1.0);   // 1000, 999, ... 1
    const std::array blocks = {Block{100, 25'000}};
    const auto timing = summarize(blocks, singles, 0);
    CHECK(timing.p50 == 500);
    CHECK(timing.p99 == 990);
    CHECK(timing.p999 == 999);
    CHECK(timing.max == 1000);
    const auto one = summarize(blocks, {7}, 0);
    CHECK(one.p50 == 7);
    CHECK(one.p999 == 7);
}

TEST_CASE("the timer's cost is taken off single steps, but never more than there is") {
    const std::array blocks = {Block{1, 20'000}};
    const auto timing = summarize(blocks, {5, 30, 120}, 20);
    CHECK(timing.p50 == 10);
    CHECK(timing.max == 100);
    CHECK(summarize(blocks, {5}, 20).max == 0);
}

TEST_CASE("the minimum is the best mean of blocks that are long enough") {
    const std::array blocks = {Block{1000, 30'000}, Block{1000, 24'000}, Block{1000, 19'999}, Block{500, 20'000}};
    CHECK(summarize(blocks, {1}, 0).min == 24);
}

