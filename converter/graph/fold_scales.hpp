/// Scales and offsets that the source has as layers of their own, as part of the weights around them.
#pragma once
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace runnel::converter {

/// y = factor * x + offset, element by element, on the way into layer `before` of a graph; where there is no such
/// layer, on the way out of the last one.
struct Scale {
    std::string source;  ///< what errors call it: "layer 'bn' (BatchNormalization)"
    std::size_t before;
    std::vector<double> factor, offset;
};

/// The graph that computes the same by weights alone. With y = W x + b behind a scale, W' = W diag(factor) and
/// b' = b + W offset; with a scale behind y = W x + b, W' = diag(factor) W and b' = factor * b + offset; each number
/// is computed in float64 and rounded once. `scales`: in the order of the data's flow. Throws Error where neither
/// neighbour is linear, or where what it would become is no finite float.
Graph fold_scales(Graph graph, const std::vector<Scale>& scales);

}  // namespace runnel::converter
