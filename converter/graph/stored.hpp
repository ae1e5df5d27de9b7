/// A graph and how its numbers are stored.
#pragma once
#include <vector>

#include "graph/graph.hpp"
#include "graph/numbers.hpp"

namespace runnel::converter {

struct StoredGraph {
    Graph graph;
    std::vector<Numbers> numbers;  ///< one per layer
};

/// All in float32.
inline StoredGraph in_float(Graph graph) {
    std::vector<Numbers> numbers(graph.layers.size());
    return {std::move(graph), std::move(numbers)};
}

}  // namespace runnel::converter
