/// What a network without any float cannot have.
#pragma once
#include <string>

#include "graph/graph.hpp"

namespace runnel::converter {

/// Throws Error, naming the layer, unless formats fixed and fixed8 can express the network's layers, their order and
/// their activations.
void check_fixed(const Graph& graph);

[[noreturn]] void refuse_fixed(const Layer& layer, const std::string& why);

}  // namespace runnel::converter
