/// The comparison of a converted model with its original, for people and for programs.
#pragma once
#include <string>

#include "report/comparison.hpp"

namespace runnel::converter {

/// One self-contained page, plots included.
std::string html_report(const Comparison& comparison);

/// An object with the same numbers; what has an infinite signal-to-noise ratio has null there.
std::string json_report(const Comparison& comparison);

}  // namespace runnel::converter
