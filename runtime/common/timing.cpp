#include "timing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace runnel {
namespace {

/// The smallest value that at least `fraction` of the sorted values do not exceed (nearest rank).
double percentile(std::span<const double> sorted, double fraction) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

double timer_cost() {
    std::vector<double> times(10'001);
    for (double& time : times) {
        const auto start = Clock::now();
        time = nanoseconds(Clock::now() - start);
    }
    std::sort(times.begin(), times.end());
    return percentile(times, 0.5);
}

Timing summarize(std::span<const Block> blocks, std::vector<double> singles, double timer_cost) {
    double min = std::numeric_limits<double>::infinity();
    for (const Block& block : blocks)
        if (block.ns >= min_block_ns) min = std::min(min, block.ns / static_cast<double>(block.steps));
    for (double& time : singles) time = std::max(0.0, time - timer_cost);
    std::sort(singles.begin(), singles.end());
    return {min, percentile(singles, 0.5), percentile(singles, 0.99), percentile(singles, 0.999), singles.back()};
}

}  // namespace runnel
