// What fixed networks take: functions, ranges and orders of layers, each against float64.
#include "quantize/fixed.hpp"
#include "runnel/fixed_model.hpp"
#include "running.hpp"
#include "support/graph64.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

constexpr unsigned sequences = 8, steps = 30;

/// The features of a step, within +-range.
std::vector<float> features(const Graph& graph, float range, unsigned sequence, unsigned step) {
    return test::uniform(input_width(graph.layers[0]), range, 1000 * sequence + step);
}

/// What the calibration data, which are those of `compared`, show of the network in float64.
Calibration seen(const Graph& graph, float range) {
    const std::size_t layers = graph.layers.size();
    Calibration calibration{{}, std::vector<Magnitudes>(layers), std::vector<std::optional<Moments>>(layers)};
    test::Graph64 reference(graph);
    for (unsigned s = 0; s < sequences; ++s, reference.reset())
        for (unsigned t = 0; t < steps; ++t) {
            const auto x = features(graph, range, s, t);
            calibration.features.add(x);
            reference.step({x.begin(), x.end()});
            for (std::size_t i = 0; i < layers; ++i)
                calibration.outputs[i].add(std::vector<float>{float(reference.largest(i))});
        }
    return calibration;
}

struct Compared {
    double snr;
    std::uint64_t saturations;
};

/// The answers of all steps beside float64's.
Compared compared(const Graph& graph, const StoredGraph& stored, float range) {
    test::Running running(stored), scalar(stored, "scalar");
    test::Graph64 reference(graph);
    test::Noise noise;
    for (unsigned s = 0; s < sequences; ++s, reference.reset(), running.session().reset(), scalar.session().reset())
        for (unsigned t = 0; t < steps; ++t) {
            const auto x = features(graph, range, s, t);
            const auto answer = running.step(x), same = scalar.step(x);
            for (std::size_t i = 0; i < answer.size(); ++i)
                if (answer[i] != same[i]) FAIL("the instruction sets differ");
            noise.add(reference.step({x.begin(), x.end()}), answer);
        }
    CHECK(running.session().saturations() == scalar.session().saturations());
    return {noise.snr(), running.session().saturations()};
}

Compared compared(const Graph& graph, Format format, float range) {
    const Calibration calibration = seen(graph, range);
    return compared(graph, quantize(graph, {.matrices = format}, &calibration), range);
}

Graph chain(std::vector<Layer> layers) {
    Graph graph;
    graph.layers = std::move(layers);
    return graph;
}

Layer cell(Cell kind, std::size_t inputs, std::size_t units, Function activation, Function gate = Function::sigmoid) {
    Layer layer = test::recurrent(kind, inputs, units);
    auto& r = std::get<Recurrent>(layer.kind);
    r.activation.function = activation, r.recurrent_activation.function = gate;
    for (float& w : r.recurrent.values) w /= 2;  // so that relu and linear states do not grow for ever
    return layer;
}

Layer activation(std::size_t width, Function f) { return {"activation", 0, Activate{width, {f, 0}}}; }

/// Decibels that answers of int16 and of int8 weights keep where nothing saturates: 6 dB a bit, less what networks add
/// up.
void check_precise(const Graph& graph, float range = 2, double of_int16 = 55, double of_int8 = 25) {
    const Compared fixed = compared(graph, Format::fixed, range), fixed8 = compared(graph, Format::fixed8, range);
    CHECK(fixed.snr > of_int16);
    CHECK(fixed8.snr > of_int8);
    CHECK(fixed.saturations == 0);
    CHECK(fixed8.saturations == 0);
}

}  // namespace

TEST_CASE("states and gates of every function") {
    using enum Function;
    for (const Cell kind : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm})
        for (const Function f : {tanh, relu, linear, silu, sigmoid, hard_sigmoid, hard_sigmoid_keras3})
            for (const Function gate : {sigmoid, hard_sigmoid, hard_sigmoid_keras3}) {
                if (kind == Cell::simple_rnn && gate != sigmoid) continue;
                CAPTURE(int(kind));
                CAPTURE(int(f));
                CAPTURE(int(gate));
                check_precise(chain({cell(kind, 4, 16, f, gate), test::dense(16, 2, linear)}));
            }
}

TEST_CASE("three LSTM layers with relu, and a softmax") {
    check_precise(chain({cell(Cell::lstm, 6, 32, Function::relu), cell(Cell::lstm, 32, 32, Function::relu),
                         cell(Cell::lstm, 32, 16, Function::relu), test::dense(16, 4, Function::softmax)}));
}

TEST_CASE("layers before, between and behind recurrent ones") {
    using enum Function;
    check_precise(chain({test::dense(4, 8, relu), cell(Cell::gru, 8, 12, tanh), test::dense(12, 2, sigmoid)}));
    check_precise(chain({activation(4, tanh), cell(Cell::lstm, 4, 12, tanh), test::dense(12, 2, linear)}));
    check_precise(chain({cell(Cell::gru, 4, 12, tanh), activation(12, relu), test::dense(12, 2, linear)}));
    check_precise(chain({cell(Cell::gru, 4, 12, tanh), test::dense(12, 6, silu), cell(Cell::lstm, 6, 8, tanh),
                         test::dense(8, 2, hard_sigmoid_keras3)}));
    for (const Cell kind : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm}) {
        check_precise(chain({cell(kind, 4, 12, tanh)}));
        check_precise(chain({cell(kind, 4, 12, relu)}));
    }
    check_precise(chain({cell(Cell::gru, 4, 12, tanh), activation(12, sigmoid)}));
}

TEST_CASE("a masked step of features changes nothing") {
    const Graph graph = chain(
        {{"masking", 0, Masking{3, -1}}, cell(Cell::gru, 3, 8, Function::tanh), test::dense(8, 1, Function::linear)});
    check_precise(graph);
    test::Running running(test::quantized(graph, Format::fixed));
    const std::vector<float> x{0.5f, -1, 0.25f}, masked{-1, -1, -1};
    const float before = running.step(x)[0];
    CHECK(running.step(masked)[0] == before);
    CHECK(running.step(x)[0] != before);
}

TEST_CASE("weights, biases, features and answers of any size") {
    using enum Function;
    const auto scaled = [](Layer layer, float weights, float biases) {
        auto& d = std::get<Dense>(layer.kind);
        for (float& w : d.weights.values) w *= weights;
        for (float& b : d.bias) b *= biases;
        return layer;
    };
    for (const float size : {20.0f, 1'000.0f, 50'000.0f}) {
        CAPTURE(size);
        check_precise(chain({cell(Cell::gru, 4, 12, tanh), scaled(test::dense(12, 2, linear), size, size)}));
        check_precise(chain({cell(Cell::lstm, 4, 12, tanh), scaled(test::dense(12, 4, relu), 1, size),
                             scaled(test::dense(4, 2, linear), 1, size)}));
    }
    check_precise(chain({cell(Cell::gru, 4, 12, tanh), scaled(test::dense(12, 3, softmax), 1, 60)}));
    // A first kernel that brings features of thousands down to what the cell is for.
    for (const Function f : {tanh, relu}) {
        Layer first = cell(Cell::lstm, 4, 12, f);
        for (float& w : std::get<Recurrent>(first.kind).input.values) w /= 1'000;
        check_precise(chain({first, test::dense(12, 2, linear)}), 4'000);
    }
    // States of thousands, whose gates the last bit of a weight can open or shut.
    check_precise(chain({cell(Cell::lstm, 4, 12, relu), test::dense(12, 2, linear)}), 4'000, 50, 12);
    check_precise(chain({cell(Cell::gru, 4, 12, relu), test::dense(12, 2, linear)}), 4'000, 50, 12);
    // Gates that a bias holds open.
    for (const Cell kind : {Cell::gru, Cell::gru_reset_before, Cell::lstm}) {
        Layer open = cell(kind, 4, 12, tanh);
        for (std::size_t u = 0; u < 12; ++u) std::get<Recurrent>(open.kind).bias[12 + u] = 40;
        check_precise(chain({open, test::dense(12, 2, linear)}));
    }
}

TEST_CASE("states beyond their range saturate and are counted") {
    for (const Cell kind : {Cell::gru, Cell::gru_reset_before, Cell::lstm}) {
        Graph graph = chain({cell(kind, 4, 12, Function::relu), test::dense(12, 2, Function::linear)});
        const Calibration narrow = seen(graph, 0.1f);
        test::Running running(quantize(graph, {.matrices = Format::fixed}, &narrow));
        for (unsigned t = 0; t < steps; ++t) running.step(features(graph, 100, 0, t));
        CHECK(running.session().saturations() > 0);
        for (const float y : running.session().output()) CHECK(std::fabs(y) < 2048);
    }
}

TEST_CASE("what the trainer does not have it refuses") {
    using enum Function;
    using training::Status;
    const auto status = [](const Graph& graph) {
        const test::Running running(test::quantized(graph, Format::fixed));
        const FixedNetwork network = fixed_network(running.model());
        std::size_t bytes = 0;
        return training::Trainer::bytes({.layers = network.layers,
                                         .layer_count = network.layer_count,
                                         .batch = 1,
                                         .steps = 1,
                                         .loss = training::Loss::mean_squared_error,
                                         .weight_bits = network.weight_bits},
                                        bytes);
    };
    const auto with_dense = [&](Layer layer, float bias = 0.5f) {
        Layer dense = test::dense(8, 1, linear);
        std::get<Dense>(dense.kind).bias[0] = bias;
        return chain({std::move(layer), dense});
    };
    CHECK(status(with_dense(cell(Cell::gru, 4, 8, tanh))) == Status::ok);
    CHECK(status(with_dense(cell(Cell::simple_rnn, 4, 8, relu))) == Status::ok);
    CHECK(status(with_dense(cell(Cell::gru, 4, 8, relu))) == Status::wrong_function);
    CHECK(status(with_dense(cell(Cell::lstm, 4, 8, linear))) == Status::wrong_function);
    CHECK(status(with_dense(cell(Cell::lstm, 4, 8, tanh, hard_sigmoid_keras3))) == Status::wrong_function);
    CHECK(status(with_dense(cell(Cell::simple_rnn, 4, 8, silu))) == Status::wrong_function);
    CHECK(status(with_dense(cell(Cell::gru_reset_before, 4, 8, tanh))) == Status::wrong_layers);
    CHECK(status(with_dense(cell(Cell::gru, 4, 8, tanh), 20)) == Status::wrong_bits);
    CHECK(status(chain({cell(Cell::gru, 4, 8, tanh)})) == Status::wrong_layers);
    CHECK(status(chain({test::dense(4, 4, relu), cell(Cell::gru, 4, 8, tanh), test::dense(8, 1, linear)})) ==
          Status::wrong_layers);
    CHECK(status(chain({cell(Cell::gru, 4, 8, tanh), activation(8, relu), test::dense(8, 1, linear)})) ==
          Status::wrong_layers);
    CHECK(status(chain({{"masking", 0, Masking{4, 0}}, cell(Cell::gru, 4, 8, tanh), test::dense(8, 1, linear)})) ==
          Status::wrong_layers);
    Layer large = cell(Cell::gru, 4, 8, tanh);
    std::get<Recurrent>(large.kind).input.at(0, 0) = 1'000;
    CHECK(status(with_dense(large)) == Status::wrong_bits);
}
