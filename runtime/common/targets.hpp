/// The rows of an array, as what a model should have answered.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "losses.hpp"
#include "npy.hpp"

namespace runnel {

/// Shapes, for N sequences (or N sequences of T steps where the model answers at every step: then [N,T] takes the
/// place of [N]): [N,out]; [N] for one output; [N] or [N,1] of classes for `categorical`.
class Targets {
public:
    /// `answers`: [N] or [N,T]. Throws std::runtime_error if the array cannot be the targets of such answers.
    Targets(const npy::Array& array, const std::string& name, Loss loss, std::vector<std::size_t> answers,
            std::size_t outputs);

    /// Whether the targets are classes; else they are rows of outputs.
    bool classes() const { return classes_; }
    /// The target of place `index` (in C order); the row is valid until the next call. Throws std::runtime_error naming
    /// the place of a bad target.
    std::size_t class_at(std::size_t index) const;
    std::span<const double> row_at(std::size_t index);
    /// Refuses the target of a place. `reason`: what it is instead of a target.
    [[noreturn]] void refuse(std::size_t index, double value, const std::string& reason) const;

    /// Adds the answer of place `index` (in C order). Throws as the above.
    void add_to(Score& score, std::size_t index, std::span<const float> answer);

private:
    const npy::Array& array_;
    std::string name_;
    Loss loss_;
    std::vector<std::size_t> answers_;
    bool classes_;
    std::vector<double> row_;
};

}  // namespace runnel
