/// How far one model's outputs are from another's.
#pragma once
#include <cstddef>
#include <optional>
#include <span>

namespace runnel::converter {

/// Differences between the outputs of two models, over all steps. The signal-to-noise ratio is that of the sums of
/// squares.
class Difference {
public:
    /// `step`: counted over all sequences.
    void add(std::span<const float> original, std::span<const float> converted, std::size_t step);

    /// In decibels; none where the outputs are equal or the original's are all zero.
    std::optional<double> snr() const;
    double largest() const { return largest_; }
    std::size_t worst_step() const { return worst_step_; }
    /// Of all values.
    double root_mean_square() const;

private:
    double signal_ = 0, noise_ = 0, largest_ = 0;
    std::size_t values_ = 0, worst_step_ = 0;
};

}  // namespace runnel::converter
