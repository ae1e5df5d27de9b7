/// Which ranges a layer's codes have, in words.
#pragma once
#include <string>

#include "graph/numbers.hpp"
#include "quantize/choose_ranges.hpp"

namespace runnel::converter {

/// "maximum", "99.9th percentile", "known" ...
const char* origin_text(Origin origin);

/// "input ±3.74 maximum, state ±1 known"; empty for floats. Fixed: also the fraction bits of the
/// weights.
std::string ranges_text(const Numbers& numbers);

/// A line for each place whose range was chosen on data, with what the others gave, and one for the whole.
std::string choices_text(const RangeChoices& choices);

}  // namespace runnel::converter
