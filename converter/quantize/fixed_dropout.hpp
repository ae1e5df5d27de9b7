/// What dropout a fixed network can be trained with.
#pragma once
#include <cstddef>

#include "graph/graph.hpp"

namespace runnel::converter {

/// Takes the dropout that the trainer does not have from a layer and names it in `left_out`: shares of 0.75 and more,
/// of a one-hot input, and a mask for each step elsewhere than between recurrent layers.
void leave_out_dropout(Graph& graph, std::size_t index, bool one_hot);

}  // namespace runnel::converter
