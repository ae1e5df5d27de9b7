#include "quantize/refine.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "quantize/matrices.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;

namespace {

/// Vectors whose numbers go together, about a mean that is not zero.
std::vector<std::vector<float>> inputs(std::size_t width, std::size_t count) {
    std::vector<std::vector<float>> vectors;
    for (std::size_t i = 0; i < count; ++i) {
        const auto common = test::uniform(3, 1, unsigned(2 * i + 1)),
                   own = test::uniform(width, 0.05f, unsigned(2 * i + 2));
        auto& v = vectors.emplace_back(width);
        for (std::size_t k = 0; k < width; ++k) v[k] = 0.4f + common[k % 3] + own[k];
    }
    return vectors;
}

double product(const std::vector<float>& x, const Dense& dense, std::size_t row) {
    double sum = dense.bias[row];
    for (std::size_t k = 0; k < x.size(); ++k) sum += double(dense.weights.at(row, k)) * x[k];
    return sum;
}

double coded_product(const std::vector<float>& x, const Dense& dense, const Numbers& numbers, std::size_t row) {
    double sum = dense.bias[row];
    for (std::size_t k = 0; k < x.size(); ++k)
        sum += double(numbers.input_scales[row]) * numbers.input[row * x.size() + k] * double(x[k]);
    return sum;
}

}  // namespace

TEST_CASE("mean and covariance, with a share of the unit matrix") {
    Moments moments(2);
    moments.add(std::vector<float>{1, 2}, {});
    moments.add(std::vector<float>{3}, std::vector<float>{-2});
    moments.finish();
    CHECK(moments.mean(0) == 2);
    CHECK(moments.mean(1) == 0);
    CHECK(moments.covariance(0, 1) == -2);
    CHECK(moments.covariance(0, 0) == doctest::Approx(1 + 2.5));
    CHECK(moments.covariance(1, 1) == doctest::Approx(4 + 2.5));
}

TEST_CASE("refined rows lose less on such input, and nothing on average") {
    constexpr std::size_t width = 24, rows = 7;
    const auto seen = inputs(width, 400);
    Moments moments(width);
    for (const auto& x : seen) moments.add(x, {});
    moments.finish();
    const Dense original{test::random_matrix(rows, width, 1, 5), test::uniform(rows, 1, 6), {Function::linear, 0}};
    Numbers plain;
    plain.format = schema::Format::int8;
    code_matrix(original, plain);
    Dense corrected = original;
    Numbers refined = plain;
    refine(corrected, refined, moments);
    double before = 0, after = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        double mean = 0;
        for (const auto& x : seen) {
            const double exact = product(x, original, row);
            before += std::pow(coded_product(x, original, plain, row) - exact, 2);
            const double error = coded_product(x, corrected, refined, row) - exact;
            after += error * error, mean += error;
        }
        CHECK(std::fabs(mean / double(seen.size())) < 1e-5);
    }
    CHECK(after < 0.75 * before);
    CHECK(refined.input_scales == plain.input_scales);
}
