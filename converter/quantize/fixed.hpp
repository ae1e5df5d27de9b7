/// From a float32 graph to a network without any float: formats fixed and fixed8.
#pragma once
#include "quantize/quantize.hpp"

namespace runnel::converter {

/// Fraction bits of features, and of the state of a relu or linear SimpleRNN, where no data shows their range: the
/// range is then +-16.
inline constexpr int default_range_bits = 11;

/// Every tensor gets the most fraction bits that its largest weight and its rows' sums of magnitudes allow; the latter
/// rule is the trainer's own. Throws Error, naming the layer, for what a fixed network cannot have.
StoredGraph quantize_fixed(const Graph& graph, const Formats& formats, const Calibration* calibration);

}  // namespace runnel::converter
