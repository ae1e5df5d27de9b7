/// Which ranges a layer's codes have, in words.
#pragma once
#include <string>

#include "graph/numbers.hpp"

namespace runnel::converter {

/// "input ±3.74 calibrated, state ±1 known"; empty for floats. Fixed: also the fraction bits of the
/// weights.
std::string ranges_text(const Numbers& numbers);

}  // namespace runnel::converter
