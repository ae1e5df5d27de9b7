#include "graph/fold_scales.hpp"

#include <doctest/doctest.h>

#include "../error_message.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;

namespace {

Layer dense(Function function) { return {"dense", 0, Dense{Matrix(1, 2, {3, 5}), {7}, {function, 0}}}; }
Layer identity(std::size_t width) { return {"identity", 0, Activate{width, {Function::linear, 0}}}; }

}  // namespace

// The powers of two below make every product exact: the expected weights are worked out by hand.
TEST_CASE("scales before a layer, in the order of the flow") {
    const Scale first{"first", 0, {2, 4}, {1, -1}}, second{"second", 1, {8, 0.5}, {3, 2}};
    const Graph within = fold_scales({{identity(2), dense(Function::tanh)}}, {first, second});
    REQUIRE(within.layers.size() == 2);
    const auto& made = std::get<Dense>(within.layers[1].kind);
    CHECK(made.weights.values == std::vector<float>{3 * 16, 5 * 2});
    CHECK(made.bias == std::vector<float>{7 + 3 * (8 * 1 + 3) + 5 * (-0.5f + 2)});
}

TEST_CASE("a scale behind a linear layer, and one on each side") {
    const Scale before{"before", 0, {2, 4}, {1, -1}}, behind{"behind", 1, {0.5}, {10}};
    const Graph within = fold_scales({{dense(Function::linear), {"tanh", 0, Activate{1, {Function::tanh, 0}}}}},
                                     {before, behind});
    const auto& made = std::get<Dense>(within.layers[0].kind);
    CHECK(made.weights.values == std::vector<float>{3, 10});
    CHECK(made.bias == std::vector<float>{0.5f * (7 + 3 - 5) + 10});
}

TEST_CASE("a scale between a table and an activation") {
    const Graph within = fold_scales({{{"table", 0, Embedding{Matrix(2, 2, {1, 2, 3, 4})}},
                                       {"tanh", 0, Activate{2, {Function::tanh, 0}}}}},
                                     {{"scale", 1, {2, 4}, {1, -1}}});
    CHECK(std::get<Embedding>(within.layers[0].kind).table.values == std::vector<float>{3, 7, 7, 15});
}

TEST_CASE("the input's terms of a recurrent layer's bias take the offset, the state's do not") {
    Graph graph = test::feature_graph(schema::Cell::gru);
    const auto original = std::get<Recurrent>(graph.layers[0].kind);
    const std::size_t inputs = original.input.columns, units = original.units;
    std::vector<double> factor(inputs, 1), offset(inputs, 0);
    factor[1] = 2, offset[1] = 4;
    const Graph within = fold_scales(graph, {{"scale", 0, factor, offset}});
    const auto& made = std::get<Recurrent>(within.layers[0].kind);
    CHECK(made.recurrent.values == original.recurrent.values);
    for (std::size_t row = 0; row < 3 * units; ++row) {
        CHECK(made.input.at(row, 0) == original.input.at(row, 0));
        CHECK(made.input.at(row, 1) == 2 * original.input.at(row, 1));
        CHECK(made.bias[row] == float(original.bias[row] + 4.0 * original.input.at(row, 1)));
    }
    for (std::size_t i = 3 * units; i < 4 * units; ++i) CHECK(made.bias[i] == original.bias[i]);
}

TEST_CASE("a scale of another width is refused") {
    CHECK(test::error_message([] { fold_scales({{dense(Function::tanh)}}, {{"scale", 0, {1}, {0}}}); }) ==
          "scale: has 1 values where the data has 2");
}
