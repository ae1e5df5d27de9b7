#include "write/half.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace runnel::converter;

namespace {

/// By IEEE 754: sign, 5 bits of exponent, 10 of fraction.
double value_of(std::uint16_t half) {
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double magnitude = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
    return half & 0x8000 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("every half converts to itself, and what lies between two to the nearer, ties to even") {
    for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const double value = value_of(half);
        REQUIRE(to_half(float(value)) == half);
        REQUIRE(to_half(float(-value)) == (half | 0x8000));
        if (bits + 1 == 0x7c00) break;
        const double next = value_of(static_cast<std::uint16_t>(bits + 1)), tie = (value + next) / 2;
        REQUIRE(to_half(float(tie)) == bits + bits % 2);
        REQUIRE(to_half(std::nextafter(float(tie), 0.0f)) == bits);
        REQUIRE(to_half(std::nextafter(float(tie), 1e9f)) == bits + 1);
    }
    CHECK(to_half(largest_half) == 0x7bff);
}
