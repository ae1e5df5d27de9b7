// Which numbers and ranges a graph gets.
#include "quantize/quantize.hpp"

#include "../error_message.hpp"
#include "quantize/project.hpp"
#include "running.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

constexpr Cell cells[] = {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm};

Graph graph_of(std::vector<Layer> layers) {
    Graph graph;
    graph.layers = std::move(layers);
    return graph;
}

Layer with_activation(Layer layer, Function function) {
    std::get<Recurrent>(layer.kind).activation.function = function;
    return layer;
}

std::string refusal(const Graph& graph, const Formats& formats) {
    return test::error_message([&] { (void)quantize(graph, formats, nullptr); });
}

}  // namespace

TEST_CASE("known ranges are static, others dynamic without calibration") {
    const auto stored =
        test::quantized(graph_of({test::recurrent(Cell::gru, 4, 20),
                                  with_activation(test::recurrent(Cell::lstm, 20, 7, 41), Function::relu),
                                  test::dense(7, 3, Function::sigmoid), test::dense(3, 1, Function::linear)}),
                        Format::int8);
    const auto& n = stored.numbers;
    CHECK(n[0].input_scale == 0);
    CHECK(n[0].input_origin == Origin::dynamic);
    CHECK(n[0].state_scale == 1.0f / 127);
    CHECK(n[0].apart);
    CHECK(n[1].input_scale == 1.0f / 127);
    CHECK(n[1].state_scale == 0);
    CHECK(n[1].apart);
    CHECK(n[2].input_scale == 0);
    CHECK(n[3].input_scale == 1.0f / 127);
    CHECK(n[3].input_origin == Origin::bounded);
    const auto wide = test::quantized(stored.graph, Format::int8x16);
    CHECK(wide.numbers[0].state_scale == 1.0f / 32767);
}

TEST_CASE("calibration makes ranges static") {
    Graph graph = graph_of(
        {with_activation(test::recurrent(Cell::gru, 4, 8), Function::relu), test::dense(8, 1, Function::linear)});
    Calibration calibration{{}, std::vector<Magnitudes>(2), std::vector<std::optional<Moments>>(2)};
    calibration.features.add(std::vector<float>{2.5f});
    calibration.outputs[0].add(std::vector<float>{-6.0f});
    const auto stored = test::quantized(graph, Format::int8, &calibration);
    CHECK(stored.numbers[0].input_scale == doctest::Approx(2.5 / 127).epsilon(0.001));
    CHECK(stored.numbers[0].state_scale == doctest::Approx(6.0 / 127).epsilon(0.001));
    CHECK(stored.numbers[1].input_scale == stored.numbers[0].state_scale);
    CHECK(stored.numbers[1].input_origin == Origin::least_squares);
    CHECK(test::quantized(graph, Format::int8x16, &calibration).numbers[0].state_scale ==
          doctest::Approx(12.0 / 32767).epsilon(0.001));
}

TEST_CASE("the parts of a row share a scale where that costs little") {
    Graph alike = graph_of({test::recurrent(Cell::lstm, 30, 30), test::recurrent(Cell::lstm, 30, 30, 50)});
    CHECK_FALSE(test::quantized(alike, Format::int8).numbers[1].apart);
    for (float& w : std::get<Recurrent>(alike.layers[1].kind).input.values) w *= 20;
    CHECK(test::quantized(alike, Format::int8).numbers[1].apart);
}

TEST_CASE("every cell and format is accepted by the runtime, with rows that are constant or zero") {
    for (const Cell cell : cells)
        for (const Format format : {Format::f16, Format::int8, Format::int8x16}) {
            CAPTURE(int(cell));
            CAPTURE(int(format));
            Graph graph = test::feature_graph(cell);
            auto& r = std::get<Recurrent>(graph.layers[0].kind);
            for (std::size_t k = 0; k < r.input.columns; ++k) r.input.at(0, k) = 0, r.input.at(1, k) = 0.25f;
            for (std::size_t k = 0; k < r.units; ++k) r.recurrent.at(0, k) = 0, r.recurrent.at(2, k) = -1e-38f;
            auto& d = std::get<Dense>(graph.layers[2].kind);
            std::fill(d.weights.values.begin(), d.weights.values.end(), 0.0f);
            test::Running running(test::quantized(graph, format));
            const float expected = 1 / (1 + std::exp(-d.bias[0]));
            for (int t = 0; t < 5; ++t)
                CHECK(running.step(test::uniform(4, 1, unsigned(t)))[0] == doctest::Approx(expected).epsilon(1e-6));
        }
}

TEST_CASE("an all-zero or vanishing embedding") {
    for (const float value : {0.0f, 1e-35f}) {
        Graph graph = test::token_graph(Cell::gru);
        auto& table = std::get<Embedding>(graph.layers[0].kind).table;
        std::fill(table.values.begin(), table.values.end(), value);
        for (const auto project : {true, false})
            for (const Format rows : {Format::f32, Format::f16, Format::int8}) {
                test::Running running(quantize(graph, {Format::int8, rows, project}, nullptr));
                for (const float y : running.step(3)) CHECK(std::isfinite(y));
            }
    }
}

TEST_CASE("a projected embedding gives the same answers, exactly to rounding in f32") {
    for (const Cell cell : cells) {
        CAPTURE(int(cell));
        const Graph graph = test::token_graph(cell, true);
        const auto stored = quantize(graph, {.project = true}, nullptr);
        test::Running plain(in_float(graph)), projected(stored);
        CHECK(projected.model().layer(0).projected);
        CHECK(projected.model().info().parameters == plain.model().info().parameters);
        test::Noise rounded;
        test::Running int8(quantize(graph, {Format::f32, Format::int8, true}, nullptr));
        for (std::uint32_t t = 0; t < 200; ++t) {
            const std::uint32_t token = t * 7 % 50;
            const auto expected = plain.step(token);
            const auto answer = projected.step(token);
            for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(std::fabs(answer[i] - expected[i]) < 2e-6f);
            rounded.add(expected, int8.step(token));
        }
        CHECK(rounded.snr() > 35);
    }
}

TEST_CASE("a projected embedding in every format, in narrow and in wide blocks") {
    const struct {
        Format rows;
        double snr;
    } cases[] = {{Format::f16, 70}, {Format::int8, 45}, {Format::int4, 28}};
    for (const Cell cell : cells)
        for (const auto& c : cases) {
            CAPTURE(int(cell));
            CAPTURE(int(c.rows));
            Graph graph;  // of 16, 16 and 8 units; rows of whole groups of 32, or not
            graph.layers = {test::embedding(50, 5), test::recurrent(cell, 5, c.rows == Format::int4 ? 64 : 40)};
            test::Running exact(in_float(graph)), running(quantize(graph, {Format::f32, c.rows, true}, nullptr));
            CHECK(running.model().layer(0).projected);
            test::Noise noise;
            for (std::uint32_t t = 0; t < 200; ++t) noise.add(exact.step(t * 7 % 50), running.step(t * 7 % 50));
            CHECK(noise.snr() > c.snr);
        }
}

TEST_CASE("projection is the default where the file grows by at most a quarter") {
    const auto is_projected = [](std::size_t width, Cell cell, const Formats& formats) {
        const Graph graph = graph_of({test::embedding(400, width), test::recurrent(cell, width, 8)});
        return std::get<Embedding>(quantize(graph, formats, nullptr).graph.layers[0].kind).projected;
    };
    CHECK(is_projected(16, Cell::simple_rnn, {}));
    CHECK(is_projected(24, Cell::gru, {}));
    CHECK_FALSE(is_projected(16, Cell::gru, {}));
    CHECK_FALSE(is_projected(24, Cell::gru, {.project = false}));
    CHECK(is_projected(16, Cell::lstm, {.project = true}));
    CHECK_FALSE(is_projected(32, Cell::gru, {.embedding = Format::int4}));  // rows of 24 have no groups of 32
}

TEST_CASE("embeddings in fewer bits") {
    const Graph graph = graph_of({test::embedding(60, 64), test::dense(64, 64, Function::linear)});
    const Graph rows = graph_of({graph.layers[0]});
    const struct {
        Format format;
        double snr;
    } cases[] = {{Format::f16, 70}, {Format::int8, 45}, {Format::int4, 20}};
    for (const auto& c : cases) {
        CAPTURE(int(c.format));
        test::Running exact(in_float(rows)), running(quantize(rows, {.embedding = c.format}, nullptr));
        test::Noise noise;
        for (std::uint32_t token = 0; token < 60; ++token) noise.add(exact.step(token), running.step(token));
        CHECK(noise.snr() > c.snr);
        CHECK(noise.snr() < c.snr + 30);
    }
    CHECK(quantize(graph, {Format::int8}, nullptr).numbers[0].format == Format::int8);
    CHECK(quantize(graph, {Format::f16}, nullptr).numbers[0].format == Format::f16);
}

TEST_CASE("from 128 units an int8 file is at most 0.27 of the f32 file") {
    for (const Cell cell : {Cell::gru, Cell::lstm})
        for (const std::size_t units : {128, 256}) {
            const Graph graph = graph_of({test::recurrent(cell, units, units)});
            const auto bytes = [&](const StoredGraph& s) { return double(pack(s, {}).bytes().size()); };
            CHECK(bytes(test::quantized(graph, Format::int8)) <= 0.27 * bytes(in_float(graph)));
            CHECK(bytes(test::quantized(graph, Format::f16)) <= 0.52 * bytes(in_float(graph)));
        }
}

TEST_CASE("what a layer cannot have is refused by its name") {
    const Graph tokens = test::token_graph(Cell::gru), features = test::feature_graph(Cell::gru);
    CHECK(refusal(tokens, {.embedding = Format::int4, .project = false})
              .starts_with("layer 'embedding': --embedding int4 needs rows"));
    CHECK(refusal(features, {.embedding = Format::int8}) == "--embedding int8: the model has no embedding");
    CHECK(refusal(features, {.project = true}).starts_with("--project-embedding: the model does not begin with"));
    Graph large = features;
    std::get<Recurrent>(large.layers[0].kind).recurrent.at(3, 2) = 7e4f;
    CHECK(refusal(large, {.matrices = Format::f16}).starts_with("layer 'recurrent_21': f16 reaches to 65,504"));
    std::get<Recurrent>(large.layers[0].kind).recurrent.at(3, 2) = 3e38f;
    CHECK(refusal(large, {.matrices = Format::int8}) ==
          "layer 'recurrent_21': the weights are too large for integer codes");
}
