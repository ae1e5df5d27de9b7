// The fixed kernels one by one against float64.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/fixed.hpp"
#include "kernels/training_kernels.hpp"
#include "support/isa.hpp"
#include "support/worst.hpp"

namespace fixed = runnel::fixed;

namespace {

const fixed::Kernels& forward() {
    bool known;
    return *fixed::find_kernels(runnel::test::forced_isa(), known);
}
const fixed::TrainingKernels& kernels() { return fixed::training_kernels(forward()); }

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// f over many pre-activations, 15 fraction bits.
std::vector<int16_t> activate(runnel::Function f, const std::vector<int32_t>& a) {
    std::vector<int16_t> y(a.size());
    uint32_t saturated = 0;
    forward().activate({a.data(), y.data(), &saturated, int(a.size()), 15, f});
    return y;
}

}  // namespace

TEST_CASE("sigmoid, tanh and hard_sigmoid are within 1.5 units of 2^-15 of the truth, and monotone") {
    std::vector<int32_t> a;
    for (int64_t x = -(int64_t(20) << 20); x <= int64_t(20) << 20; x += 1237) a.push_back(int32_t(x));
    for (int32_t x : {INT32_MAX - 1, -INT32_MAX, 1 << 30, 0, 1, -1}) a.push_back(x);
    using enum runnel::Function;
    for (auto f : {sigmoid, tanh, hard_sigmoid}) {
        CAPTURE(int(f));
        const auto y = activate(f, a);
        double worst = 0;
        int falls = 0;
        for (size_t i = 0; i < a.size(); ++i) {
            const double x = std::ldexp(double(a[i]), -20);
            const double truth = f == sigmoid ? ::sigmoid(x)
                                 : f == tanh  ? std::tanh(x)
                                              : std::fmin(std::fmax(0.2 * x + 0.5, 0), 1);
            worst = runnel::test::worse(worst, std::fabs(y[i] - 32768 * truth));
            if (i > 0 && i + 6 < a.size()) falls += y[i] < y[i - 1];
        }
        CHECK(worst <= 1.5);
        CHECK(falls == 0);
    }
}

TEST_CASE("products, transposed products and sums of outer products are exact up to the last rounding") {
    std::mt19937 random(1);
    auto between = [&](int low, int high) { return low + int(random() % uint32_t(high - low + 1)); };
    for (int L : {1, 16})
        for (int rows : {1, 2, 3, 8, 17, 24})
            for (int columns : {1, 2, 5, 8, 16, 31, 40}) {
                CAPTURE(L);
                CAPTURE(rows);
                CAPTURE(columns);
                const fixed::LaneKernels& k = L == 1 ? kernels().one : kernels().sixteen;
                const auto product = L == 1 ? forward().product : kernels().wide_product;
                const int weight = 64000 / std::max(rows, columns);
                std::vector<int16_t> w(size_t(rows * columns)), x(size_t(columns * L)), d(size_t(rows * L));
                const size_t count = size_t(rows);
                std::vector<int32_t> bias(count), y(count * size_t(L)), back(size_t(columns * L));
                for (auto& v : w) v = int16_t(between(-std::min(weight, 32767), std::min(weight, 32767)));
                for (auto& v : x) v = int16_t(between(-32767, 32767));
                for (auto& v : d) v = int16_t(between(-16384, 16384));
                for (auto& v : bias) v = between(-(1 << 25), 1 << 25);
                for (int shift : {2, 8}) {
                    uint32_t saturated = 0;
                    product({y.data(), w.data(), x.data(), bias.data(), rows, columns, shift}, saturated);
                    product({y.data(), w.data(), x.data(), nullptr, rows, columns, shift + 1}, saturated);
                    CHECK(saturated == 0);
                    for (int r = 0; r < rows; ++r)
                        for (int l = 0; l < L; ++l) {
                            int64_t sum = 0;
                            for (int c = 0; c < columns; ++c) sum += w[size_t(r * columns + c)] * x[size_t(c * L + l)];
                            CHECK(y[size_t(r * L + l)] == bias[size_t(r)] + fixed::round_shift_wide(sum, shift) +
                                                              fixed::round_shift_wide(sum, shift + 1));
                        }
                }
                k.transposed_product({back.data(), w.data(), d.data(), rows, columns, 3});
                for (int c = 0; c < columns; ++c)
                    for (int l = 0; l < L; ++l) {
                        int64_t sum = 0;
                        for (int r = 0; r < rows; ++r) sum += w[size_t(r * columns + c)] * d[size_t(r * L + l)];
                        CHECK(back[size_t(c * L + l)] == fixed::round_shift_wide(sum, 3));
                    }
                constexpr int steps = 3;
                std::vector<int16_t> many_d, many_x;
                for (int t = 0; t < steps; ++t) {
                    many_d.insert(many_d.end(), d.begin(), d.end());
                    many_x.insert(many_x.end(), x.begin(), x.end());
                    for (auto& v : d) v = int16_t(between(-16384, 16384));
                }
                const int8_t shifts[steps] = {12, 9, 11};
                std::vector<int32_t> g(size_t(rows * columns));
                k.outer_sum({g.data(), many_d.data(), many_x.data(), shifts, size_t(rows * L), size_t(columns * L), 1,
                             rows, columns, steps});
                for (int r = 0; r < rows; ++r)
                    for (int c = 0; c < columns; ++c) {
                        double sum = 0;
                        for (int t = 0; t < steps; ++t)
                            for (int l = 0; l < L; ++l)
                                sum += std::ldexp(double(many_d[size_t((t * rows + r) * L + l)]) *
                                                      many_x[size_t((t * columns + c) * L + l)],
                                                  -shifts[t]);
                        CHECK(std::fabs(g[size_t(r * columns + c)] - sum) <= 0.5 * steps * (L == 1 ? 1 : 8));
                    }
            }
}

TEST_CASE("a product that could leave its range saturates and is counted") {
    const int16_t w[] = {30000, -30000}, x[] = {32767, 1};
    const int32_t bias[] = {0, 0};
    int32_t y[2];
    uint32_t saturated = 0;
    forward().product({y, w, x, bias, 2, 1, -4}, saturated);
    CHECK(saturated == 2);
    CHECK(std::abs(y[0]) <= fixed::part_limit);
    CHECK(std::abs(y[0]) > fixed::part_limit - 16);
    CHECK(y[1] == -y[0]);
}

TEST_CASE("the scalar set's weights of 8 bits give the sums of the same numbers in 16") {
    bool known;
    const auto narrow_product = fixed::find_kernels("scalar", known)->narrow_product;
    std::mt19937 random(2);
    for (int rows : {1, 3, 4, 8, 13, 16, 25})
        for (int columns : {1, 2, 3, 4, 7, 8, 15, 16, 24, 31, 32, 33, 40, 64, 100, 129})
            for (int shift : {-3, 0, 1, 2, 6}) {
                CAPTURE(rows);
                CAPTURE(columns);
                CAPTURE(shift);
                std::vector<int8_t> codes(size_t(rows * columns));
                for (auto& c : codes) c = int8_t(int(random() % 255) - 127);
                const std::vector<int16_t> wide(codes.begin(), codes.end());
                std::vector<int16_t> x(static_cast<size_t>(columns));
                for (auto& v : x) v = int16_t(int(random() % 65535) - 32767);
                std::vector<int32_t> bias(size_t(rows), 77), y(size_t(rows), 1), expected = y;
                uint32_t saturated = 0, expected_saturated = 0;
                for (const int32_t* b : std::initializer_list<const int32_t*>{bias.data(), nullptr}) {
                    narrow_product({y.data(), codes.data(), x.data(), b, rows, columns, shift}, saturated);
                    forward().product({expected.data(), wide.data(), x.data(), b, rows, columns, shift},
                                      expected_saturated);
                    CHECK(y == expected);
                }
                CHECK(saturated == expected_saturated);
            }
}

TEST_CASE("optimizers follow Keras' formulas in float64") {
    constexpr int n = 37, weight_bits = 13, updates = 300;
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    for (fixed::Rule rule : {fixed::Rule::sgd, fixed::Rule::rmsprop, fixed::Rule::adam})
        for (bool biases : {false, true}) {
            CAPTURE(int(rule));
            CAPTURE(biases);
            std::vector<int16_t> weights(n);
            std::vector<int32_t> bias(n), gradient(n), momentum(n);
            std::vector<uint16_t> moment(n);
            std::vector<double> w(n), m(n), v(n), scale(n);
            for (double& s : scale) s = std::exp2(-double(random() % 12));  // gradients of very different sizes
            const double rate = 20000 / 32768.0 / 1024, beta = 0.9, decay = rule == fixed::Rule::adam ? 0.01 : 0.1;
            uint32_t saturated = 0;
            int32_t largest = 0;
            for (int t = 0; t < updates; ++t) {
                for (int i = 0; i < n; ++i)
                    gradient[size_t(i)] = int32_t(std::lround((normal(random) + 0.5) * scale[size_t(i)] * (1 << 24)));
                kernels().update({.weights = biases ? nullptr : weights.data(),
                                  .biases = biases ? bias.data() : nullptr,
                                  .gradient = gradient.data(),
                                  .momentum = momentum.data(),
                                  .moment = moment.data(),
                                  .n = n,
                                  .gradient_shift = 24 + 0 - 27,
                                  .gradient_factor = 1 << 14,
                                  .clip = fixed::number_limit,
                                  .momentum_factor = int32_t(std::lround(beta * 32768)),
                                  .moment_factor = int32_t(std::lround(decay * 65536)),
                                  .epsilon_mantissa = 1,
                                  .epsilon_exponent = 0,
                                  .rate = 20000,
                                  .rate_shift = (rule == fixed::Rule::sgd ? 9 : 11) + 10 - (biases ? 10 : weight_bits),
                                  .rounding_key = uint32_t(2 * t),
                                  .moment_key = uint32_t(2 * t + 1),
                                  .index = 0,
                                  .rule = rule,
                                  .largest = &largest,
                                  .saturated = &saturated});
                for (size_t i = 0; i < n; ++i) {
                    const double g = std::ldexp(double(gradient[i]), -24) / 2;  // the factor 2^14 / 2^15
                    if (rule == fixed::Rule::sgd) {
                        m[i] = beta * m[i] + g;
                        w[i] -= rate * m[i];
                    } else {
                        v[i] += decay * (g * g - v[i]);
                        m[i] = rule == fixed::Rule::adam ? m[i] + (1 - beta) * (g - m[i]) : g;
                        w[i] -= rate * m[i] / std::sqrt(v[i]);
                    }
                }
            }
            CHECK(saturated == 0);
            for (size_t i = 0; i < n; ++i) {
                CAPTURE(i);
                const double own =
                    biases ? std::ldexp(double(bias[i]), -26) : std::ldexp(double(weights[i]), -weight_bits);
                // Stochastic rounding walks: by half a unit an update, at random.
                const double walk = biases ? 0 : std::ldexp(std::sqrt(updates) * 2, -weight_bits);
                CHECK(std::fabs(own - w[i]) <= 0.01 * std::fabs(w[i]) + walk + 1e-3 * rate * updates);
            }
        }
}
