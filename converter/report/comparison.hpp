/// A converted model beside its float32 original, on real input.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "common/losses.hpp"
#include "common/npy.hpp"
#include "graph/stored.hpp"
#include "quantize/choose_ranges.hpp"
#include "run/difference.hpp"

namespace runnel::converter {

struct LayerComparison {
    std::string name, kind, format;
    std::string ranges;  ///< of its input and state: "input dynamic, state ±1 known"; empty for floats
    std::size_t bytes_before, bytes_after;
    std::optional<Difference> output;  ///< none where the layer has no output of its own
};

/// One of the two models.
struct Side {
    std::size_t file_bytes = 0;
    double ns_per_step = 0;  ///< best mean of back-to-back steps over the calibration data
    std::optional<double> loss, accuracy;
};

struct Comparison {
    std::string title, isa;
    std::string cpu, date, command;        ///< where, when and by which command line it was made
    std::size_t sequences = 0, steps = 0;  ///< steps of each sequence
    std::uint64_t saturations = 0;         ///< of the converted model, over all sequences
    std::string loss;                      ///< its name; empty without targets
    Side before, after;
    std::vector<LayerComparison> layers;
    std::optional<RangeChoices> choices;  ///< none where the format is not integer
    std::vector<Difference> by_step;      ///< of the model's output, one for each step of a sequence
    /// Output `traced` of both over the sequence with the largest difference.
    std::size_t traced = 0, traced_sequence = 0;
    std::vector<float> trace_before, trace_after;

    const Difference& output() const { return *layers.back().output; }
};

/// Runs both on all sequences. `targets`: null for none. Throws std::runtime_error, naming the file, if an array does
/// not fit.
Comparison compare(const StoredGraph& original, const StoredGraph& converted, const npy::File& input,
                   const npy::File* targets);

}  // namespace runnel::converter
