/// The report's plots as SVG elements.
#pragma once
#include <string>

#include "report/comparison.hpp"

namespace runnel::converter {

/// Largest and root mean square difference of the output at each step of a sequence.
std::string plot_differences(const Comparison& comparison);

/// Both outputs over the sequence with the largest difference.
std::string plot_trace(const Comparison& comparison);

/// The signal-to-noise ratio of each layer's output.
std::string plot_layers(const Comparison& comparison);

}  // namespace runnel::converter
