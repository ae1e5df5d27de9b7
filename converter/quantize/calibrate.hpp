/// What the float network does on real input.
#pragma once
#include <optional>
#include <vector>

#include "common/npy.hpp"
#include "graph/graph.hpp"
#include "quantize/magnitudes.hpp"
#include "quantize/moments.hpp"

namespace runnel::converter {

struct Calibration {
    Magnitudes features;              ///< of the model's input; a one-hot one is 1
    std::vector<Magnitudes> outputs;  ///< of each layer; a Masking has none
    /// Of each layer's inputs and, where it is recurrent, the state before the step; none where those are too many.
    std::vector<std::optional<Moments>> input_moments;
    bool tokens = false;  ///< the input was one token per step
};

/// Runs all sequences of the array through the graph, once; masked steps do not count. Throws
/// std::runtime_error, naming the file, if the array is not input for this model (shape, tokens, NaN, no sequences), or
/// the network's numbers overflow on it.
Calibration calibrate(const Graph& graph, const npy::File& input);

}  // namespace runnel::converter
