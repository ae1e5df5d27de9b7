#include "run/difference.hpp"

#include <cmath>

namespace runnel::converter {

void Difference::add(std::span<const float> original, std::span<const float> converted, std::size_t step) {
    for (std::size_t i = 0; i < original.size(); ++i) {
        const double signal = original[i], error = double(converted[i]) - signal;
        signal_ += signal * signal;
        noise_ += error * error;
        if (std::fabs(error) > largest_) largest_ = std::fabs(error), worst_step_ = step;
    }
    values_ += original.size();
}

std::optional<double> Difference::snr() const {
    if (noise_ == 0 || signal_ == 0) return std::nullopt;
    return 10 * std::log10(signal_ / noise_);
}

double Difference::root_mean_square() const { return values_ == 0 ? 0 : std::sqrt(noise_ / double(values_)); }

}  // namespace runnel::converter
