/// What a reader makes of a file, whichever framework wrote it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace runnel::converter {

/// A row of the source framework's own summary. Unlike the graph it also has the layers that only act in training.
struct SummaryRow {
    std::string name, class_name;
    std::vector<long> output_shape;  ///< without the batch; -1: any
    std::uint64_t parameters;
};

struct Import {
    Graph graph;
    std::string name;       ///< the model's
    std::string framework;  ///< with its version: "keras 2.13.1"
    std::vector<SummaryRow> summary;
};

}  // namespace runnel::converter
