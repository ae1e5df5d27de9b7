/// How long a step takes, on the input that the report is about.
#pragma once
#include <utility>

#include "common/npy.hpp"
#include "runnel/runnel.hpp"

namespace runnel::converter {

/// ns per step of the two models: the best mean of blocks of back-to-back steps, measured in turn so that a busy
/// machine is unfair to neither. `info`: of either. The input is read before the clock starts.
std::pair<double, double> step_times(Session& first, Session& second, const ModelInfo& info, const npy::File& input);

}  // namespace runnel::converter
