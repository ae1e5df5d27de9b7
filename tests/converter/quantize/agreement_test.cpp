// All formats on all instruction sets of this machine, in one program.
#include <cstring>

#include "running.hpp"
#include "support/batch.hpp"
#include "support/models.hpp"
#include "support/worst.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// Runs a stored graph on every instruction set beside plain C++ and gives the largest difference.
float largest_difference(const StoredGraph& stored, std::size_t inputs, bool tokens) {
    float largest = 0;
    for (const char* const* isa = isas(); *isa; ++isa) {
        test::Running running(stored, *isa), plain(stored, "scalar");
        for (unsigned t = 0; t < 60; ++t) {
            const auto x = test::uniform(inputs, 1, 500 + t);
            const auto answer = tokens ? running.step(t % 50) : running.step(x);
            const auto expected = tokens ? plain.step(t % 50) : plain.step(x);
            REQUIRE(answer.size() > 0);
            REQUIRE(answer.size() == expected.size());
            for (std::size_t i = 0; i < answer.size(); ++i)
                largest = test::worse(largest, std::fabs(answer[i] - expected[i]));
        }
        CHECK(running.session().saturations() == plain.session().saturations());
    }
    return largest;
}

}  // namespace

TEST_CASE("states and answers are equal bit for bit") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm})
        for (const Format format : {Format::int8, Format::int8x16})
            for (const Function activation : {Function::tanh, Function::relu, Function::linear}) {
                Graph features = test::feature_graph(cell), tokens = test::token_graph(cell);
                features.layers.pop_back(), tokens.layers.pop_back();
                for (auto* layer : {&features.layers[0], &tokens.layers[1]}) {
                    auto& r = std::get<Recurrent>(layer->kind);
                    r.activation.function = activation;
                    if (activation == Function::relu) r.recurrent_activation.function = Function::hard_sigmoid;
                    // No growth without bound.
                    if (activation != Function::tanh)
                        for (float& w : r.recurrent.values) w *= 0.2f;
                }
                CAPTURE(int(cell));
                CAPTURE(int(format));
                CAPTURE(int(activation));
                CHECK(largest_difference(test::quantized(features, format), 4, false) == 0);
                CHECK(largest_difference(test::quantized(tokens, format), 0, true) == 0);
                CHECK(largest_difference(quantize(tokens, {format, Format::int8, true}, nullptr), 0, true) == 0);
            }
}

TEST_CASE("the float formats agree with plain C++ to 1e-6") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm})
        for (const Format format : {Format::f32, Format::f16}) {
            CAPTURE(int(cell));
            CAPTURE(int(format));
            CHECK(largest_difference(test::quantized(test::feature_graph(cell), format), 4, false) <= 1e-6f);
            CHECK(largest_difference(test::quantized(test::token_graph(cell), format), 0, true) <= 1e-6f);
        }
}

TEST_CASE("a batch has the numbers of single sessions") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm})
        for (const Format format : {Format::f16, Format::int8, Format::int8x16})
            for (const char* const* isa = isas(); *isa; ++isa) {
                Graph features, words;
                features.layers = {test::recurrent(cell, 4, 88), test::recurrent(cell, 88, 72, 41),
                                   test::dense(72, 3, Function::softmax)};
                words.layers = {test::embedding(50, 5), test::recurrent(cell, 5, 88)};
                CAPTURE(int(cell));
                CAPTURE(int(format));
                CAPTURE(*isa);
                const auto embedding = format == Format::f16 ? Format::f16 : Format::int8;
                test::compare_batch_with_sessions(test::Running(test::quantized(features, format), *isa).model(), 6,
                                                  false);
                test::compare_batch_with_sessions(
                    test::Running(quantize(words, {format, embedding, true}, nullptr), *isa).model(), 5, true);
            }
}

TEST_CASE("large layers, and heads with any activation") {
    for (const Format format : {Format::int8, Format::int8x16}) {
        Graph graph;
        graph.layers = {test::recurrent(Cell::gru, 40, 200), test::dense(200, 40, Function::sigmoid),
                        test::dense(40, 5, Function::softmax)};
        CHECK(largest_difference(test::quantized(graph, format), 40, false) <= 1e-6f);
        graph.layers[2] = test::dense(40, 5, Function::tanh);
        CHECK(largest_difference(test::quantized(graph, format), 40, false) == 0);
        graph.layers.resize(1);
        CHECK(largest_difference(test::quantized(graph, format), 40, false) == 0);
    }
}
