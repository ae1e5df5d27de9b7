// Every cell, on every block shape, against float64.
#include <doctest/doctest.h>

#include "base/packing.hpp"
#include "kernels/kernels.hpp"
#include "support/float64.hpp"
#include "support/isa.hpp"
#include "support/random.hpp"
#include "support/worst.hpp"

using namespace runnel;
using test::Cell64;

namespace {

/// The cell's weights as the kernels read them, by the formula of base/packing.hpp alone.
struct Packed {
    std::vector<float> weights, bias;

    explicit Packed(const Cell64& c) : bias(padded_units(c.units) * c.terms()) {
        for (std::size_t t = 0; t < c.terms(); ++t)
            for (std::size_t j = 0; j < c.units; ++j)
                bias[bias_index(c.terms(), c.units, t, j)] = c.bias[t * c.units + j];
        if (c.kind == 2) append(c, 0, 2), append(c, 2, 1);
        else append(c, 0, c.gates());
    }

private:
    void append(const Cell64& c, std::size_t first_gate, std::size_t gates) {
        const Packing p{gates, c.units, c.inputs, c.units, 1};
        const std::size_t start = weights.size();
        weights.resize(start + p.size());
        for (std::size_t g = 0; g < gates; ++g)
            for (std::size_t j = 0; j < c.units; ++j) {
                const std::size_t row = (first_gate + g) * c.units + j;
                for (std::size_t k = 0; k < c.inputs; ++k) weights[start + p.input(g, j, k)] = c.w[row * c.inputs + k];
                for (std::size_t k = 0; k < c.units; ++k) weights[start + p.state(g, j, k)] = c.u[row * c.units + k];
            }
    }
};

Cell64 random_cell(int kind, std::size_t inputs, std::size_t units, Activation candidate, Activation gate) {
    Cell64 c{kind, inputs, units, {}, {}, {}, candidate, gate};
    const float range = 1.5f / std::sqrt(float(units));
    c.w = test::uniform(c.gates() * units * inputs, range, 1);
    c.u = test::uniform(c.gates() * units * units, range, 2);
    c.bias = test::uniform(c.terms() * units, 0.5f, 3);
    return c;
}

/// Largest difference to float64 over 20 steps; with `one_hot`, inputs are single columns.
double worst_error(const Kernels& kernels, const Cell64& c, bool one_hot) {
    const Packed packed(c);
    const std::size_t padded = padded_units(c.units);
    std::vector<float> h[2] = {std::vector<float>(padded), std::vector<float>(padded)};
    std::vector<float> cell(padded), scratch(3 * padded);
    test::Vector h64(c.units), c64(c.units);
    double worst = 0;
    for (unsigned t = 0; t < 20; ++t) {
        const std::uint32_t hot = t * 7 % std::uint32_t(c.inputs);
        std::vector<float> x = test::uniform(c.inputs, 1.0f, 100 + t);
        if (one_hot) x = {1.0f};
        const float* before = h[t % 2].data();
        kernels.cells[0].step[c.kind]({
            .weights = packed.weights.data(), .scales = nullptr, .offsets = nullptr, .bias = packed.bias.data(),
            .x = x.data(),
            .inputs = std::uint32_t(c.inputs), .first = one_hot ? hot : 0,
            .columns = one_hot ? 1 : std::uint32_t(c.inputs), .projected = {},
            .apart = false, .units = std::uint32_t(c.units), .state = before, .h = before,
            .h_next = h[1 - t % 2].data(), .c = cell.data(), .scratch = scratch.data(), .state_next = nullptr,
            .state_inverse = 1,
            .activation = c.candidate, .recurrent_activation = c.gate, .begin = 0,
        });
        test::Vector x64(x.begin(), x.end());
        if (one_hot) x64.assign(c.inputs, 0.0), x64[hot] = 1;
        c.step(x64, h64, c64);
        for (std::size_t j = 0; j < c.units; ++j) worst = test::worse(worst, std::fabs(h[1 - t % 2][j] - h64[j]));
    }
    return worst;
}

const Kernels& forced() {
    bool known;
    return *find_kernels(test::forced_isa(), known);
}

}  // namespace

TEST_CASE("cells agree with float64 on every block shape") {
    const Activation tanh{Function::tanh, 0}, sigmoid{Function::sigmoid, 0};
    for (int kind : {0, 1, 2, 3})
        for (std::size_t units : {1, 7, 8, 9, 16, 17, 20, 24, 25, 33, 40, 48, 64, 72, 100})
            for (std::size_t inputs : {1, 3, 16, 37}) {
                CAPTURE(kind);
                CAPTURE(units);
                CAPTURE(inputs);
                const Cell64 c = random_cell(kind, inputs, units, tanh, sigmoid);
                CHECK(worst_error(forced(), c, false) < 3e-6);
                CHECK(worst_error(forced(), c, true) < 3e-6);
            }
}

TEST_CASE("cells take any activations") {
    const Activation relu{Function::relu, 0}, hard{Function::hard_sigmoid, 0}, hard3{Function::hard_sigmoid_keras3, 0},
        linear{Function::linear, 0}, softsign{Function::softsign, 0};
    for (int kind : {0, 1, 2, 3})
        for (const auto& pair : {std::pair{relu, hard}, {linear, hard3}, {softsign, softsign}}) {
            Cell64 c = random_cell(kind, 5, 20, pair.first, pair.second);
            for (auto& u : c.u) u *= 0.3f;  // keeps unbounded states small
            CAPTURE(kind);
            CAPTURE(int(pair.first.function));
            CHECK(worst_error(forced(), c, false) < 1e-5);
        }
}

TEST_CASE("tanh and sigmoid of the integer formats err less than their codes") {
    // Without weights, SimpleRNN gives tanh(b), and a GRU whose h is 1 and whose candidate is 0 gives sigma(b_z).
    const std::vector<std::int8_t> weights(3 * 16 * 32);
    const std::vector<std::int32_t> offsets(2 * 3 * 16);
    const std::vector<float> scales(2 * 3 * 16, 1.0f), ones(16, 1.0f);
    const std::int16_t codes[16] = {};
    for (const auto format : {Format::int8, Format::int8x16}) {
        double worst_tanh = 0, worst_sigmoid = 0;
        for (double from = -12; from < 12; from += 16 * 0.003) {
            std::vector<float> bias(4 * 16), h(16);
            for (int i = 0; i < 16; ++i) bias[i] = float(from + i * 0.003);
            CellStep s{.weights = weights.data(), .scales = scales.data(), .offsets = offsets.data(),
                       .bias = bias.data(), .x = codes, .inputs = 4, .first = 0, .columns = 4, .projected = {},
                       .apart = false, .units = 16, .state = codes, .h = ones.data(), .h_next = h.data(), .c = nullptr,
                       .scratch = nullptr, .state_next = nullptr, .state_inverse = 1,
                       .activation = {Function::tanh, 0}, .recurrent_activation = {Function::sigmoid, 0}, .begin = 0};
            forced().cells[int(format)].step[0](s);
            for (int i = 0; i < 16; ++i)
                worst_tanh = test::worse(worst_tanh, std::fabs(h[i] - std::tanh(double(bias[i]))));
            forced().cells[int(format)].step[1](s);
            for (int i = 0; i < 16; ++i)
                worst_sigmoid = test::worse(worst_sigmoid, std::fabs(h[i] - 1 / (1 + std::exp(-double(bias[i])))));
        }
        CAPTURE(int(format));
        CHECK(worst_tanh < (format == Format::int8 ? 6e-5 : 2e-5));
        CHECK(worst_sigmoid < (format == Format::int8 ? 3e-5 : 1e-5));
    }
}
