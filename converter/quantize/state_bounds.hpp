/// How far the states of a linear or relu SimpleRNN can go, by its weights alone.
#pragma once
#include <optional>
#include <vector>

#include "graph/graph.hpp"

namespace runnel::converter {

/// What one step gives a recurrent layer.
struct StepInputs {
    const Matrix* rows = nullptr;    ///< any row of a table
    bool one_hot = false;            ///< else: one of them 1, the others 0
    std::vector<double> magnitudes;  ///< else: each within +- its own
};

/// The largest magnitude of each state, over all sequences from zero state, with weights that are off by up to
/// `weight_error`; none where the weights leave room for states that grow for ever.
///
/// With c = the largest W x + b of each unit, h <= c + |U| h holds at every step for the solution h of the equation,
/// which is found from below and then checked; relu needs the positive weights of U only.
std::optional<std::vector<double>> state_bounds(const Recurrent& layer, const StepInputs& inputs, double weight_error);

}  // namespace runnel::converter
