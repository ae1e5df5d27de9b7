#include "quantize/magnitudes.hpp"

#include <algorithm>
#include <cmath>

namespace runnel::converter {

void Magnitudes::add(std::span<const float> values) {
    for (const float value : values) {
        const double magnitude = std::fabs(double(value));
        if (magnitude == 0) continue;  // has no error in any range
        if (width_ == 0) width_ = 2 * magnitude / bins;
        while (magnitude >= width_ * bins) widen();
        ++counts_[static_cast<std::size_t>(magnitude / width_)];
        largest_ = std::max(largest_, magnitude);
    }
}

/// Each pair of bins becomes one.
void Magnitudes::widen() {
    for (std::size_t i = 0; i < bins / 2; ++i) counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
    std::fill(counts_.begin() + bins / 2, counts_.end(), 0);
    width_ *= 2;
}

double Magnitudes::best_range(int largest_code) const {
    // Sums over the bins above a range, of 1, value and value squared, give what is cut off there.
    double best = largest_, least = INFINITY, above = 0, sum = 0, squares = 0, all = 0;
    for (const std::uint64_t count : counts_) all += double(count);
    for (std::size_t i = bins; i-- > 0;) {
        const double range = std::min(largest_, width_ * double(i + 1)), step = range / largest_code;
        const double cut_off = squares - 2 * range * sum + range * range * above;
        const double error = cut_off + (all - above) * step * step / 12;
        if (error < least) least = error, best = range;
        const double count = double(counts_[i]), value = width_ * (double(i) + 0.5);
        above += count, sum += count * value, squares += count * value * value;
    }
    return best;
}

double Magnitudes::percentile(double share) const {
    double all = 0, below = 0;
    for (const std::uint64_t count : counts_) all += double(count);
    for (std::size_t i = 0; i < bins; ++i) {
        below += double(counts_[i]);
        if (below >= share * all) return std::min(largest_, width_ * double(i + 1));
    }
    return largest_;
}

}  // namespace runnel::converter
