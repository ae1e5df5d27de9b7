// What the integer formats lose, against float64, on every instruction set.
#include "base/packing.hpp"
#include "running.hpp"
#include "support/float64.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// A cell with weights and biases U(+-1/sqrt units).
Recurrent random_cell(Cell cell, std::size_t inputs, std::size_t units) {
    const std::size_t rows = gates(cell) * units;
    const float range = 1 / std::sqrt(float(units));
    return {cell,
            units,
            test::random_matrix(rows, inputs, range, 1),
            test::random_matrix(rows, units, range, 2),
            test::uniform(bias_terms(cell) * units, range, 3),
            {Function::tanh, 0},
            {Function::sigmoid, 0}};
}

Graph graph_of(const Recurrent& r) {
    Graph graph;
    graph.layers.push_back({"cell", 0, r});
    return graph;
}

test::Cell64 reference(const Recurrent& r) {
    return {int(r.cell),        r.input.columns, r.units,      r.input.values,
            r.recurrent.values, r.bias,          r.activation, r.recurrent_activation};
}

/// The weights that an int8x16 file stands for, by the words of schemas/model.fbs.
Recurrent decoded(Recurrent r, std::span<const std::uint8_t> file) {
    const auto& stored = *schema::GetModel(file.data())->layers()->Get(0)->kind_as_Recurrent();
    const std::size_t gate_count = gates(r.cell), inputs = r.input.columns;
    const std::size_t candidate = r.cell == Cell::gru_reset_before ? 2 : gate_count;
    const auto scale = [&](std::size_t term, std::size_t unit) {
        return double(stored.scales()->Get(unsigned(bias_index(2 * gate_count, r.units, term, unit))));
    };
    const auto value_of_code = [](float s) { return s == 0 ? 1.0 : double(s); };
    for (std::size_t row = 0; row < gate_count * r.units; ++row) {
        const std::size_t gate = row / r.units, unit = row % r.units, first = gate < candidate ? 0 : candidate;
        const Packing packing{first ? gate_count - first : candidate, r.units, inputs, r.units, 4, true};
        const std::size_t matrix = first ? Packing{first, r.units, inputs, r.units, 4, true}.size() : 0;
        const auto code = [&](std::size_t at) {
            return double(std::int8_t(stored.packed()->Get(unsigned(matrix + at))));
        };
        const bool shared = !stored.apart() && !(r.cell == Cell::gru && gate == 2);
        const double x = scale(shared ? gate_count + gate : gate, unit) / value_of_code(stored.input_scale());
        const double h = scale(gate_count + gate, unit) / value_of_code(stored.state_scale());
        for (std::size_t k = 0; k < inputs; ++k)
            r.input.at(row, k) = float(x * code(packing.input(gate - first, unit, k)));
        for (std::size_t k = 0; k < r.units; ++k)
            r.recurrent.at(row, k) = float(h * code(packing.state(gate - first, unit, k)));
    }
    return r;
}

/// SNR of a stored cell's state against a reference, over `steps` steps of noise.
double snr(const StoredGraph& stored, const Recurrent& weights, int steps) {
    test::Running running(stored);
    const test::Cell64 cell = reference(weights);
    test::Vector h(cell.units), c(cell.units);
    test::Noise noise;
    for (int t = 0; t < steps; ++t) {
        const auto x = test::uniform(cell.inputs, 1, unsigned(100 + t));
        cell.step({x.begin(), x.end()}, h, c);
        noise.add(h, running.step(x));
    }
    return noise.snr();
}

}  // namespace

TEST_CASE("GRU 128 with random weights, 1,000 steps: int8 at 40 dB of the original, int8x16 at 65 dB of its weights") {
    const Recurrent r = random_cell(Cell::gru, 128, 128);
    const double int8 = snr(test::quantized(graph_of(r), Format::int8), r, 1000);
    CHECK(int8 >= 40);
    const auto wide = test::quantized(graph_of(r), Format::int8x16);
    const double exact = snr(wide, decoded(r, test::Running(wide).file()), 1000);
    CHECK(exact >= 65);
    // The weights are the same int8 ones, whose rounding alone leaves 48 dB.
    const double original = snr(wide, r, 1000);
    CHECK(original >= 45);
    MESSAGE("int8 ", int8, " dB, int8x16 ", exact, " dB of its weights, ", original, " dB of the original");
}

TEST_CASE("every cell at other sizes, static and dynamic ranges") {
    for (const Cell kind : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm})
        for (const std::size_t units : {7, 33}) {
            const Recurrent r = random_cell(kind, 11, units);
            const Graph graph = graph_of(r);
            Calibration calibration{{}, std::vector<Magnitudes>(1), std::vector<std::optional<Moments>>(1)};
            calibration.features.add(test::uniform(1000, 1, 9));
            for (const Calibration* data :
                 {static_cast<const Calibration*>(nullptr), static_cast<const Calibration*>(&calibration)}) {
                CAPTURE(int(kind));
                CAPTURE(units);
                CAPTURE(data != nullptr);
                CHECK(snr(test::quantized(graph, Format::int8, data), r, 200) >= 30);
                CHECK(snr(test::quantized(graph, Format::f16), r, 200) >= 65);
                const auto wide = test::quantized(graph, Format::int8x16, data);
                CHECK(snr(wide, decoded(r, test::Running(wide).file()), 200) >= 65);
            }
        }
}

TEST_CASE("two LSTMs of 128 on 257 features, as a speech denoiser has them") {
    Graph graph;
    const Recurrent first = random_cell(Cell::lstm, 257, 128), second = random_cell(Cell::lstm, 128, 128);
    graph.layers = {{"first", 0, first}, {"second", 0, second}};
    const test::Cell64 a = reference(first), b = reference(second);
    test::Vector ha(128), ca(128), hb(128), cb(128);
    test::Running int8(test::quantized(graph, Format::int8)), wide(test::quantized(graph, Format::int8x16));
    test::Noise int8_noise, wide_noise;
    for (unsigned t = 0; t < 200; ++t) {
        const auto x = test::uniform(257, 1, 1000 + t);
        a.step({x.begin(), x.end()}, ha, ca);
        b.step(ha, hb, cb);
        int8_noise.add(hb, int8.step(x));
        wide_noise.add(hb, wide.step(x));
    }
    CHECK(int8_noise.snr() >= 30);
    CHECK(wide_noise.snr() >= 40);
    MESSAGE("int8 ", int8_noise.snr(), " dB, int8x16 ", wide_noise.snr(), " dB");
}
