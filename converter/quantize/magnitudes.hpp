/// How large the numbers at one place of a network are.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace runnel::converter {

/// A histogram of magnitudes that widens as it needs to.
class Magnitudes {
public:
    /// All values are finite.
    void add(std::span<const float> values);

    /// 0 where nothing but zeros was seen.
    double largest() const { return largest_; }
    /// The largest value of codes in [-largest_code, largest_code] such that the squared error of what was seen is
    /// least: of the rounding of all, and of what lies beyond the range. At most `largest()`.
    double best_range(int largest_code) const;
    /// A magnitude that `share` of the values that are not zero do not exceed; at most `largest()`.
    double percentile(double share) const;

private:
    static constexpr std::size_t bins = 4096;
    void widen();

    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(bins);
    double width_ = 0;  ///< of a bin; 0 until a value is not zero
    double largest_ = 0;
};

}  // namespace runnel::converter
