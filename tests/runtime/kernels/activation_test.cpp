#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/packing.hpp"
#include "kernels/kernels.hpp"
#include "support/float64.hpp"
#include "support/isa.hpp"
#include "support/random.hpp"
#include "support/worst.hpp"

using namespace runnel;

namespace {

/// x with the room that `activate` needs.
std::vector<float> with_room(std::vector<float> x) {
    x.resize(padded_to(x.size(), 16));
    return x;
}

const Kernels& forced() {
    bool known;
    return *find_kernels(test::forced_isa(), known);
}

/// Between the positive floats that are tried. Emulated CPUs take long.
#if defined(__arm__) || defined(__aarch64__)
constexpr std::uint32_t stride = 19997;
#else
constexpr std::uint32_t stride = 997;
#endif

constexpr float infinity = std::numeric_limits<float>::infinity(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The limit of f at +infinity or -infinity where the float64 formula cannot say it.
bool formula_has_limit(Function f) {
    return f != Function::softsign && f != Function::silu && f != Function::hard_silu && f != Function::gelu &&
           f != Function::gelu_tanh && f != Function::mish && f != Function::tanh_shrink && f != Function::squareplus &&
           f != Function::log_sigmoid && f != Function::sparse_plus;
}

/// The error of y in units of the last place of the exact value. Where vectors know no subnormal numbers (ARMv7), these
/// may be zero.
double ulps(float y, double exact) {
    constexpr double smallest = std::numeric_limits<float>::min(), step = std::numeric_limits<float>::denorm_min();
    if (double(y) == exact || (std::fabs(exact) >= 0x1.ffffffp127 && std::isinf(y))) return 0;
#if defined(__arm__)
    if (y == 0 && std::fabs(exact) < smallest) return 0;
#endif
    const double unit = std::fabs(exact) < smallest ? step : std::ldexp(1.0, std::ilogb(exact) - 23);
    return std::fabs(y - exact) / unit;
}

/// Equal, infinities included, or within 2e-6.
bool same(double a, double b) { return a == b || std::fabs(a - b) < 2e-6 * std::max(1.0, std::fabs(b)); }

}  // namespace

TEST_CASE("elementwise activations agree with float64") {
    std::vector<float> x;
    for (float v = -30; v <= 30; v += 0.0117f) x.push_back(v);
    for (float v : {0.0f, 1e-30f, -1e-30f, 1e-6f, 1.0f, -1.0f, 0.5f, -0.5f, 3.0f, -3.0f, 2.5f, -2.5f, 6.0f})
        x.push_back(v);
    for (int f = 0; f < int(Function::count); ++f) {
        const Activation activation{Function(f), 0.3f};
        if (!is_elementwise(activation.function)) continue;
        std::vector<float> y = with_room(x);
        forced().activate(activation, y.data(), std::uint32_t(x.size()));
        double worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double expected = test::activation(activation, x[i]);
            worst = test::worse(worst, std::fabs(y[i] - expected) / std::max(1.0, std::fabs(expected)));
        }
        CAPTURE(f);
        CHECK(worst < 2e-6);
        float special[16] = {not_a_number, infinity, -infinity};
        forced().activate(activation, special, 3);
        CHECK(std::isnan(special[0]));
        if (formula_has_limit(activation.function)) {
            CHECK(same(special[1], test::activation(activation, infinity)));
            CHECK(same(special[2], test::activation(activation, -infinity)));
        }
    }
}

TEST_CASE("answers are exact to 4 units in the last place over all floats") {
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += stride) {
        float v;
        std::memcpy(&v, &bits, sizeof v);
        x.push_back(v), x.push_back(-v);
    }
    for (float v = -110; v <= 110; v += 1e-6f * stride) x.push_back(v);
    // An input, as the network Dense(1) of the weight 1 has it: the answers of the formula to all digits of a float.
    x.insert(x.end(), {-10.0f, -12.0f, -15.0f, -20.0f});
    for (const Function f : {Function::sigmoid, Function::softplus, Function::exponential})
        for (const auto activate : {forced().activate, forced().activate_reproducibly}) {
            CAPTURE(int(f));
            std::vector<float> y = with_room(x);
            activate({f, 0}, y.data(), std::uint32_t(x.size()));
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                worst = std::max(worst, ulps(y[i], test::activation({f, 0}, x[i])));
            CHECK(worst <= 4);
        }
}

TEST_CASE("softmax and log_softmax are exact to 4 units in the last place") {
    for (const std::uint32_t n : {2u, 3u, 8u, 17u, 1000u})
        for (const float range : {1.0f, 20.0f, 60.0f, 1e4f, 3e38f}) {
            auto x = test::uniform(n, range, n);
            x[n / 2] = x[0];  // two of one value
            const auto largest = std::max_element(x.begin(), x.end());
            const double top = *largest;
            double others = 0;
            for (auto v = x.begin(); v != x.end(); ++v)
                if (v != largest) others += std::exp(*v - top);
            const double sum = 1 + others;
            auto y = with_room(x), log_y = y;
            forced().activate({Function::softmax, 0}, y.data(), n);
            forced().activate({Function::log_softmax, 0}, log_y.data(), n);
            double worst = 0, worst_log = 0;
            for (std::uint32_t i = 0; i < n; ++i) {
                worst = std::max(worst, ulps(y[i], std::exp(x[i] - top) / sum));
                worst_log = std::max(worst_log, ulps(log_y[i], x[i] - top - std::log1p(others)));
            }
            CAPTURE(n);
            CAPTURE(range);
            CHECK(worst <= 4);
            CHECK(worst_log <= 4);
        }
    float pair[16] = {0, -20};
    forced().activate({Function::log_softmax, 0}, pair, 2);
    CHECK(ulps(pair[0], -std::log1p(std::exp(-20.0))) <= 4);
}

TEST_CASE("tanh and sigmoid are within 1e-6 and their range for all magnitudes") {
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits < 0x7f800000u; bits += stride) {
        float v;
        std::memcpy(&v, &bits, sizeof v);
        x.push_back(v), x.push_back(-v);
    }
    for (const Function f : {Function::tanh, Function::sigmoid})
        for (const auto activate : {forced().activate, forced().activate_reproducibly}) {
            CAPTURE(int(f));
            std::vector<float> y = with_room(x);
            activate({f, 0}, y.data(), std::uint32_t(x.size()));
            y.resize(x.size());
            double worst = 0;
            float low = 1, high = -1;
            for (std::size_t i = 0; i < x.size(); ++i) {
                worst = test::worse(worst, std::fabs(y[i] - test::activation({f, 0}, x[i])));
                low = std::min(low, y[i]), high = std::max(high, y[i]);
            }
            CHECK(worst < 1e-6);
            CHECK(high <= 1.0f);
            CHECK(low >= (f == Function::tanh ? -1.0f : 0.0f));
        }
}

TEST_CASE("vector activations agree with float64") {
    for (std::uint32_t n : {1u, 2u, 5u, 16u, 46u}) {
        const auto x = test::uniform(n, 4.0f, n);
        double top = x[0], sum = 0;
        for (float v : x) top = std::max(top, double(v));
        for (float v : x) sum += std::exp(v - top);
        auto y = with_room(x), log_y = y, sparse = y, gated = y;
        forced().activate({Function::softmax, 0}, y.data(), n);
        forced().activate({Function::log_softmax, 0}, log_y.data(), n);
        forced().activate({Function::sparsemax, 0}, sparse.data(), n);
        forced().activate({Function::glu, 0}, gated.data(), n / 2 * 2);
        // Sparsemax by its definition: the projection's threshold from the sorted values.
        test::Vector sorted(x.begin(), x.end());
        std::sort(sorted.rbegin(), sorted.rend());
        double tau = 0, running = 0;
        for (std::uint32_t k = 0; k < n; ++k) {
            running += sorted[k];
            if (1 + (k + 1) * sorted[k] > running) tau = (running - 1) / (k + 1);
        }
        for (std::uint32_t i = 0; i < n; ++i) {
            CHECK(y[i] == doctest::Approx(std::exp(x[i] - top) / sum).epsilon(1e-5));
            CHECK(log_y[i] == doctest::Approx(x[i] - top - std::log(sum)).epsilon(1e-5));
            CHECK(std::fabs(sparse[i] - std::max(0.0, x[i] - tau)) < 1e-5);
            if (i < n / 2) CHECK(std::fabs(gated[i] - x[i] / (1 + std::exp(-double(x[n / 2 + i])))) < 1e-5);
        }
    }
}

TEST_CASE("all_finite sees every place") {
    for (std::size_t n : {1, 7, 8, 9, 40}) {
        std::vector<float> x(n, 1e30f);
        CHECK(forced().all_finite(x.data(), n));
        for (std::size_t i = 0; i < n; ++i)
            for (float bad : {not_a_number, infinity, -infinity}) {
                x[i] = bad;
                CHECK_FALSE(forced().all_finite(x.data(), n));
                x[i] = 1e30f;
            }
    }
}

TEST_CASE("has_tiny and drop_tiny see every place") {
    for (std::size_t n = 1; n <= 70; ++n) {
        std::vector<float> x(n, 0.5f), y(n);
        x[n / 2] = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float kept = x[i];
            for (const float value : {1e-45f, -1e-40f, 7.8e-31f}) {
                x[i] = value;
                REQUIRE(forced().has_tiny(x.data(), n));
                forced().drop_tiny(x.data(), n, y.data());
                x[i] = 0;
                REQUIRE(y == x);
            }
            for (const float value : {tiny, -tiny, 3e38f, -0.0f, infinity}) {
                x[i] = value;
                REQUIRE_FALSE(forced().has_tiny(x.data(), n));
                forced().drop_tiny(x.data(), n, y.data());
                REQUIRE(y == x);
            }
            x[i] = kept;
        }
    }
}
