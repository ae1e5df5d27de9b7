#include "base/fixed.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

#include "base/fixed_random.hpp"
#include "base/fixed_tables.hpp"

namespace fixed = runnel::fixed;

TEST_CASE("round_shift is division by a power of two to the nearest, halves upwards") {
    for (int32_t x : {0, 1, -1, 2, -2, 3, -3, 7, -7, 8, 12345, -12345, 1 << 30, -(1 << 30)})
        for (int shift = 0; shift <= 20; ++shift) {
            CAPTURE(x);
            CAPTURE(shift);
            const double expected = std::floor(std::ldexp(double(x), -shift) + 0.5);
            CHECK(fixed::round_shift(x, shift) == expected);
            CHECK(fixed::round_shift_wide(x, shift) == expected);
        }
    CHECK(fixed::round_shift_wide(int64_t(1) << 61, 63) == 0);
}

TEST_CASE("rescale saturates in both directions") {
    CHECK(fixed::rescale(3, -2) == 12);
    CHECK(fixed::rescale(-3, -2) == -12);
    CHECK(fixed::rescale(14, 2) == 4);
    CHECK(fixed::rescale(int64_t(1) << 40, 4) == INT32_MAX);
    CHECK(fixed::rescale(-(int64_t(1) << 40), 4) == -INT32_MAX);
    CHECK(fixed::rescale(1 << 20, -12) <= INT32_MAX);
    CHECK(fixed::rescale(1 << 20, -12) > INT32_MAX - (1 << 12));
    CHECK(fixed::rescale(0, -60) == 0);
    CHECK(fixed::rescale(1, -60) == INT32_MAX);
    CHECK(fixed::rescale(-1, -60) == -INT32_MAX);
}

TEST_CASE("a block's shift brings its largest number to the mantissa's width") {
    for (int32_t largest : {1, 2, 5, 16383, 16384, 99999, 1 << 30})
        for (int bits : {14, 15}) {
            const int shift = fixed::block_shift(uint32_t(largest), bits);
            const double mantissa = std::ldexp(double(largest), -shift);
            CHECK(mantissa < std::ldexp(1, bits));
            CHECK(mantissa >= std::ldexp(1, bits - 1));
        }
}

TEST_CASE("bit lengths") {
    CHECK(fixed::bit_length(0) == 0);
    CHECK(fixed::bit_length_wide(0) == 0);
    for (int i = 0; i < 64; ++i) {
        if (i < 32) CHECK(fixed::bit_length(uint32_t(1) << i) == i + 1);
        CHECK(fixed::bit_length_wide(uint64_t(1) << i) == i + 1);
    }
}

TEST_CASE("tables hold their functions at the nodes") {
    auto value = [](uint32_t entry) { return double(entry >> 16); };
    for (int i = 0; i < 512; ++i) {
        const double x = i / 64.0, t = std::tanh(x), moved = 2 * t * (1 - t * t) / 65536;  // see tanh_table
        CHECK(std::fabs(value(fixed::tanh_table.entry[i]) - std::fmin(65536 * (t + moved), 65535)) <= 0.51);
        CHECK(std::fabs(value(fixed::softplus_table.entry[i]) - 65536 * std::log1p(std::exp(-i / 32.0))) <= 0.51);
    }
    for (int i = 0; i < 256; ++i) {
        CHECK(std::fabs(value(fixed::exp2_table.entry[i]) - std::fmin(65536 * std::exp2(-i / 256.0), 65535)) <= 0.51);
        CHECK(std::fabs(value(fixed::log2_table.entry[i]) - 65536 * std::log2(1 + i / 256.0)) <= 0.51);
    }
    for (int i = 0; i < 384; ++i)
        CHECK(std::fabs(value(fixed::rsqrt_table.entry[i]) -
                        std::fmin(8388608 / std::sqrt((i + 128) * 128.0), 65535)) <= 0.51);
}

TEST_CASE("the generator's numbers are uniform and depend on seed, step, stream, object and index") {
    std::set<uint32_t> keys;
    for (uint32_t seed : {1u, 2u})
        for (uint32_t step : {0u, 1u})
            for (auto stream : {fixed::Stream::rounding, fixed::Stream::moment_rounding, fixed::Stream::input_dropout})
                for (uint32_t object : {0u, 1u}) keys.insert(fixed::random_key(seed, step, stream, object));
    CHECK(keys.size() == 24);
    const uint32_t key = *keys.begin();
    std::vector<int> bins(64), bits(32);
    constexpr int n = 64000;
    double correlation = 0;
    for (uint32_t i = 0; i < n; ++i) {
        const uint32_t r = fixed::random_bits(key, i), next = fixed::random_bits(key, i + 1);
        ++bins[r >> 26];
        for (int b = 0; b < 32; ++b) bits[size_t(b)] += (r >> b) & 1;
        correlation += (r / 4294967296.0 - 0.5) * (next / 4294967296.0 - 0.5) * 12;
    }
    double chi = 0;
    for (int count : bins) chi += (count - n / 64.0) * (count - n / 64.0) / (n / 64.0);
    CHECK(chi < 63 + 5 * std::sqrt(126));
    for (int count : bits) CHECK(std::abs(count - n / 2) < 5 * std::sqrt(n) / 2);
    CHECK(std::fabs(correlation / n) < 5 / std::sqrt(n));
}
