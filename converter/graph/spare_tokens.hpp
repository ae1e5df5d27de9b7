/// Room for words that a model shall learn later.
#pragma once
#include <cstdint>

#include "graph/graph.hpp"

namespace runnel::converter {

/// Appends `count` rows to the embedding that the graph begins with, each a copy of the row of token `unknown`, so that
/// a word which takes one of them means at first what every unknown word means. Throws Error without an embedding.
void add_spare_tokens(Graph& graph, std::uint32_t count, std::uint32_t unknown);

}  // namespace runnel::converter
