#include "quantize/magnitudes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "support/random.hpp"

using namespace runnel;
using namespace runnel::converter;

namespace {

/// Mean squared error of codes within `range`.
double error_of(const std::vector<float>& values, double range, int largest_code) {
    const double step = range / largest_code;
    double sum = 0;
    for (const float v : values) {
        const double code = std::clamp(std::round(double(v) / step), double(-largest_code), double(largest_code));
        sum += std::pow(double(v) - step * code, 2);
    }
    return sum / double(values.size());
}

}  // namespace

TEST_CASE("the range of evenly spread values is their largest") {
    Magnitudes magnitudes;
    const auto values = test::uniform(100'000, 3.0f, 1);
    magnitudes.add(values);
    CHECK(magnitudes.largest() == doctest::Approx(3.0).epsilon(1e-3));
    CHECK(magnitudes.best_range(127) == doctest::Approx(3.0).epsilon(0.01));
}

TEST_CASE("a few outliers are cut off where that loses less than it gains") {
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(1'000'000);
    for (float& v : values) v = normal(generator);
    values[7] = 5000, values[8] = -20;
    values.erase(values.begin() + 7);
    Magnitudes magnitudes;
    for (const float v : values) magnitudes.add({&v, 1});
    const double range = magnitudes.best_range(127), error = error_of(values, range, 127);
    CHECK(range < magnitudes.largest());
    for (const double other : {0.7, 0.85, 1.2, 1.5}) CHECK(error <= error_of(values, other * range, 127) * 1.001);
}

TEST_CASE("zeros say nothing of a range") {
    Magnitudes magnitudes;
    magnitudes.add(std::vector<float>(10, 0.0f));
    CHECK(magnitudes.largest() == 0);
    magnitudes.add(std::vector<float>{1e-20f, -1e20f});
    CHECK(magnitudes.largest() == doctest::Approx(1e20));
    CHECK(magnitudes.best_range(127) == doctest::Approx(1e20).epsilon(0.01));
}
