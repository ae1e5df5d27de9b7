/// Whether a model can learn, and how.
#pragma once
#include <string>

#include "runnel/runnel.hpp"

namespace runnel {

/// Why `runnel tune` cannot train the model, with any loss; "" if it can.
std::string untrainable(const Model& model);

/// What a layer's training leaves out, as shares of 1: "0.2 of the inputs of each step, 0.1 of the state"; "" if it is
/// nothing. `each_step`: of the inputs, anew for each step.
std::string dropout_text(double inputs, double state, bool each_step);

}  // namespace runnel
