#include "quantize/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "support/random.hpp"

using namespace runnel;
using namespace runnel::converter;

namespace {

std::vector<double> row(std::size_t n, float range, unsigned seed) {
    const auto values = test::uniform(n, range, seed);
    return {values.begin(), values.end()};
}

double squared_error(const std::vector<double>& values, const CodedRow& coded) {
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) sum += std::pow(values[k] - coded.scale * coded.codes[k], 2);
    return sum;
}

/// Of the plain rule: the largest magnitude becomes the largest code.
double plain_error(const std::vector<double>& values, double largest_code) {
    double top = 0, sum = 0;
    for (const double v : values) top = std::max(top, std::fabs(v));
    const double scale = top / largest_code;
    for (const double v : values) sum += std::pow(v - scale * std::round(v / scale), 2);
    return sum;
}

}  // namespace

TEST_CASE("int8 codes are nearest to the row, and no worse than the plain rule") {
    for (const std::size_t n : {1, 3, 8, 24, 256, 1000})
        for (const float range : {1e-20f, 0.07f, 1.0f, 3e4f}) {
            CAPTURE(n);
            CAPTURE(range);
            const auto values = row(n, range, unsigned(n));
            const CodedRow coded = code_int8(values);
            REQUIRE(coded.codes.size() == n);
            CHECK(coded.squared_error == doctest::Approx(squared_error(values, coded)));
            CHECK(coded.squared_error <= plain_error(values, 127) * (1 + 1e-9));
            for (std::size_t k = 0; k < n; ++k) {
                CHECK(std::abs(int(coded.codes[k])) <= 127);
                if (std::abs(int(coded.codes[k])) < 127)
                    CHECK(std::fabs(values[k] - coded.scale * coded.codes[k]) <= coded.scale * 0.5000001);
            }
        }
}

TEST_CASE("int4 codes lie in [-8, 7] and are no worse than the plain rule") {
    for (unsigned seed = 1; seed < 20; ++seed) {
        const auto values = row(32, 0.3f, seed);
        const CodedRow coded = code_int4(values);
        CHECK(*std::min_element(coded.codes.begin(), coded.codes.end()) >= -8);
        CHECK(*std::max_element(coded.codes.begin(), coded.codes.end()) <= 7);
        CHECK(squared_error(values, coded) <= plain_error(values, 7) * (1 + 1e-9));
    }
}

TEST_CASE("constant, zero and vanishing rows have usable scales") {
    const CodedRow constant = code_int8(std::vector<double>(9, -0.25));
    for (const auto code : constant.codes) CHECK(constant.scale * code == doctest::Approx(-0.25));
    for (const double value : {0.0, 1e-31, double(std::numeric_limits<float>::denorm_min())}) {
        const CodedRow nothing = code_int8(std::vector<double>(5, value));
        CHECK(nothing.scale == 1);
        CHECK(nothing.codes == std::vector<std::int8_t>(5, 0));
    }
    CHECK(code_int8({}).scale == 1);
}

TEST_CASE("a row's magnitudes never add up to more than what keeps 32 bits") {
    static_assert(largest_row_sum(32767) * 32767 <= 0x7fffffff);
    static_assert((largest_row_sum(32767) + 1) * 32767 > 0x7fffffff);
    for (const std::size_t n : {400, 600, 1100, 5000}) {
        CAPTURE(n);
        std::vector<double> values(n, 1.0);
        for (std::size_t k = 0; k < n; k += 2) values[k] = -1.0;
        const CodedRow coded = code_int8(values, largest_row_sum(32767));
        std::int64_t sum = 0;
        for (const auto code : coded.codes) sum += std::abs(int(code));
        CHECK(sum * 32767 < std::int64_t(1) << 31);
        CHECK(coded.scale * coded.codes[1] == doctest::Approx(1).epsilon(0.5 / std::abs(int(coded.codes[1]))));
    }
}
