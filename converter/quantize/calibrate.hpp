/// What the float network does on real input.
#pragma once
#include <filesystem>
#include <vector>

#include "graph/graph.hpp"
#include "npy.hpp"
#include "quantize/magnitudes.hpp"

namespace runnel::converter {

struct Ranges {
    Magnitudes features;              ///< of the model's input; a one-hot one is 1
    std::vector<Magnitudes> outputs;  ///< of each layer; a Masking has none
};

/// Runs all sequences of the array through the graph, layer by layer. Throws std::runtime_error, naming the file, if
/// the array is not input for this model (shape, tokens, NaN, no sequences), or the network's numbers overflow on it.
Ranges calibrate(const Graph& graph, const npy::File& input);

}  // namespace runnel::converter
