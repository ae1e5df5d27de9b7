#include "graph/fuse_activations.hpp"

#include <doctest/doctest.h>

#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;

TEST_CASE("an activation after a linear Dense layer goes into it") {
    Graph graph = test::feature_graph(schema::Cell::gru);
    std::get<Dense>(graph.layers[2].kind).activation.function = Function::linear;
    graph.layers.push_back({"activation", 0, Activate{1, {Function::sigmoid, 0}}});
    const Graph within = fuse_activations(graph);
    REQUIRE(within.layers.size() == 3);
    CHECK(std::get<Dense>(within.layers[2].kind).activation.function == Function::sigmoid);
    graph.layers.push_back({"again", 0, Activate{1, {Function::tanh, 0}}});
    CHECK(fuse_activations(graph).layers.size() == 4);
}
