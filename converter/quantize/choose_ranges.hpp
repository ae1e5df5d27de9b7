/// int8 and int8x16 on calibration data: the ranges that serve it best, and never a model that the data makes worse.
#pragma once
#include <string>
#include <vector>

#include "common/npy.hpp"
#include "quantize/quantize.hpp"

namespace runnel::converter {

/// One place of the network whose range no bound tells, and how near the model came with each way to find it.
struct RangeChoice {
    struct Trial {
        Origin rule;
        double snr;  ///< decibels of the model's output beside the float32 model's, on a part of the data
    };
    std::string place;  ///< "features", "output of layer"
    Origin chosen;
    std::vector<Trial> trials;
};

/// What was written, and why.
struct RangeChoices {
    std::vector<RangeChoice> places;
    /// Of the model's output over all of the data, in decibels; infinite where it is the float32 model's, minus
    /// infinity where nothing of it is left.
    double calibrated = 0, uncalibrated = 0;
    bool left_out = false;  ///< calibration would have made the model worse: it is the uncalibrated one
};

/// Quantizes and corrects the heads. For each place in turn the rule is taken whose model has the least squared error;
/// `dynamic`, which costs a look at all values in each step, where it is better by more than half a decibel. `formats`:
/// those of matrices are integer. `input`: what the calibration was made on.
StoredGraph choose_ranges(const Graph& graph, const Formats& formats, const Calibration& calibration,
                          const npy::File& input, RangeChoices& choices);

}  // namespace runnel::converter
