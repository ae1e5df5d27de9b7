/// The product of a recurrent layer's input weights with the embedding below it, as a function of the token.
#pragma once
#include "graph/graph.hpp"

namespace runnel::converter {

/// Whether the graph begins with an embedding that a recurrent layer reads.
bool can_project(const Graph& graph);

/// The same graph with these products as the embedding's rows (Embedding::projected). Requires can_project.
Graph project(const Graph& graph);

}  // namespace runnel::converter
