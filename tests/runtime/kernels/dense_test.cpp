#include <doctest/doctest.h>

#include "base/packing.hpp"
#include "kernels/kernels.hpp"
#include "support/float64.hpp"
#include "support/isa.hpp"
#include "support/random.hpp"
#include "support/worst.hpp"

using namespace runnel;

TEST_CASE("dense agrees with float64 on every block shape") {
    bool known;
    const Kernels& kernels = *find_kernels(test::forced_isa(), known);
    for (std::size_t units : {1, 7, 8, 9, 15, 16, 17, 33, 64, 100, 130})
        for (std::size_t inputs : {1, 2, 5, 8, 31, 128}) {
            const auto w = test::uniform(units * inputs, 1.0f, 1), b = test::uniform(units, 1.0f, 2);
            const auto x = test::uniform(inputs, 1.0f, 3);
            const Packing p{1, units, inputs, 0, 1};
            std::vector<float> packed(p.size()), bias(padded_units(units)), y(padded_units(units));
            for (std::size_t j = 0; j < units; ++j) {
                bias[bias_index(1, units, 0, j)] = b[j];
                for (std::size_t k = 0; k < inputs; ++k) packed[p.input(0, j, k)] = w[j * inputs + k];
            }
            const auto size = std::uint32_t(inputs);
            kernels.dense[0]({.weights = packed.data(), .scales = nullptr, .offsets = nullptr, .bias = bias.data(),
                              .x = x.data(),
                              .inputs = size, .first = 0, .columns = size, .x_factor = 1,
                              .units = std::uint32_t(units), .y = y.data()});
            const test::Vector x64(x.begin(), x.end());
            double worst = 0;
            for (std::size_t j = 0; j < units; ++j)
                worst = test::worse(worst, std::fabs(y[j] - (test::row_times(w, j, x64) + b[j])));
            CAPTURE(units);
                CAPTURE(inputs);
            CHECK(worst < 1e-5);
        }
}
