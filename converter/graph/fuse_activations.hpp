/// Activations as part of the layers whose outputs they take.
#pragma once
#include "graph/graph.hpp"

namespace runnel::converter {

/// The graph in which a linear Dense layer takes over the activation that follows it as a layer of its own.
Graph fuse_activations(Graph graph);

}  // namespace runnel::converter
