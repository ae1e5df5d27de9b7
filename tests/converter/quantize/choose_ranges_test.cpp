// Calibration on data that is hard to find ranges for: it makes no model worse.
#include "quantize/choose_ranges.hpp"

#include "running.hpp"
#include "support/files.hpp"
#include "support/float64.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// Sequences of features, as an array file and as numbers.
struct Data {
    test::Folder folder;
    std::size_t sequences, steps, width;
    std::vector<float> values;

    npy::File file() const {
        const std::string path = folder.file("x.npy");
        test::write_npy(
            path, "<f4",
            "(" + std::to_string(sequences) + ", " + std::to_string(steps) + ", " + std::to_string(width) + ")",
            values);
        return npy::File(path);
    }
};

/// Signal beside noise of the head's output over all of the data, against the network in float64.
double snr(const StoredGraph& stored, const Graph& graph, const Data& data) {
    const auto& r = std::get<Recurrent>(graph.layers[0].kind);
    const auto& head = std::get<Dense>(graph.layers[1].kind);
    test::Running running(stored);
    test::Cell64 cell{int(r.cell),        r.input.columns, r.units,      r.input.values,
                      r.recurrent.values, r.bias,          r.activation, r.recurrent_activation};
    test::Noise noise;
    for (std::size_t n = 0; n < data.sequences; ++n) {
        test::Vector h(r.units), c(r.units);
        running.session().reset();
        for (std::size_t t = 0; t < data.steps; ++t) {
            const float* x = data.values.data() + (n * data.steps + t) * data.width;
            cell.step({x, x + data.width}, h, c);
            test::Vector y(head.bias.begin(), head.bias.end());
            for (std::size_t j = 0; j < y.size(); ++j) y[j] += test::row_times(head.weights.values, j, h);
            if (head.activation.function == Function::softmax) {
                double sum = 0;
                for (double& v : y) sum += v = std::exp(v);
                for (double& v : y) v /= sum;
            }
            noise.add(y, running.step({x, data.width}));
        }
    }
    return noise.snr();
}

/// The calibrated model is not worse than the other one, and the choices say so. Returns what they say.
RangeChoices check(const Graph& graph, const Data& data, Format format) {
    CAPTURE(int(format));
    const npy::File input = data.file();
    RangeChoices choices;
    const StoredGraph chosen = choose_ranges(graph, {.matrices = format}, calibrate(graph, input), input, choices);
    const double with = snr(chosen, graph, data), without = snr(test::quantized(graph, format), graph, data);
    CHECK(with >= without - 0.01);  // the reference of the choice is the float32 model
    CHECK(std::max(choices.calibrated, choices.uncalibrated) == doctest::Approx(with).epsilon(0.01));
    CHECK(choices.uncalibrated == doctest::Approx(without).epsilon(0.01));
    CHECK(choices.left_out == (choices.calibrated < choices.uncalibrated));
    return choices;
}

}  // namespace

TEST_CASE("one outlier among features does not take the range from the others") {
    Graph graph;
    graph.layers = {test::recurrent(Cell::gru, 4, 16), test::dense(16, 4, Function::softmax)};
    auto& r = std::get<Recurrent>(graph.layers[0].kind);
    r.input = test::random_matrix(48, 4, 0.6f, 1), r.recurrent = test::random_matrix(48, 16, 0.6f, 2);
    std::get<Dense>(graph.layers[1].kind).weights = test::random_matrix(4, 16, 0.6f, 3);
    Data data{{}, 64, 50, 4, {}};
    std::mt19937 generator(4);
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < 64 * 50 * 4; ++i) data.values.push_back(normal(generator));
    data.values[0] = 7000;
    for (const Format format : {Format::int8, Format::int8x16}) {
        const RangeChoices choices = check(graph, data, format);
        REQUIRE(choices.places.size() == 1);
        CHECK(choices.places[0].place == "features");
        CHECK(choices.places[0].trials.size() == 4);
        CHECK(choices.places[0].chosen != Origin::maximum);
    }
}

TEST_CASE("states that grow") {
    Graph graph;
    graph.layers = {test::recurrent(Cell::lstm, 1, 16), test::dense(16, 2, Function::linear)};
    auto& r = std::get<Recurrent>(graph.layers[0].kind);
    r.activation.function = Function::relu;
    r.input = test::random_matrix(64, 1, 0.75f, 5), r.recurrent = test::random_matrix(64, 16, 0.15f, 6);
    for (float& w : r.input.values) w -= 0.25f;      // U(-1, 0.5)
    for (float& w : r.input.values) w = -w;          // U(-0.5, 1)
    for (float& w : r.recurrent.values) w += 0.15f;  // U(0, 0.3)
    std::fill(r.bias.begin(), r.bias.end(), 0.0f);
    Data data{{}, 64, 8, 1, test::uniform(64 * 8, 0.5f, 7)};
    for (float& x : data.values) x += 0.5f;
    for (const Format format : {Format::int8, Format::int8x16}) CHECK(check(graph, data, format).places.size() == 2);
}
