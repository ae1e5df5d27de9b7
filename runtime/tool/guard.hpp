/// What must not be forgotten: whether what was learned cost too much of it.
#pragma once
#include <string>

#include "fit.hpp"

namespace runnel {

enum class GuardBy { loss, accuracy };

struct GuardRule {
    GuardBy by;
    double limit;  ///< per cent of the loss; points of the accuracy, where one sequence may always be lost
};

/// Why what was learned is refused: by how much it is worse, and in which numbers; empty: it is not.
std::string guard_refusal(const GuardRule& rule, const Measure& before, const Measure& after, bool has_accuracy);

/// "22 of 48 right, before 23; loss 0.7123, before 0.6902".
std::string guard_text(const Measure& before, const Measure& after, bool has_accuracy);

}  // namespace runnel
