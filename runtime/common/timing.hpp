/// What `bench` says about times.
#pragma once
#include <chrono>
#include <span>
#include <vector>

namespace runnel {

using Clock = std::chrono::steady_clock;

inline double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

/// What reading the clock adds to a measured time: the median of many measurements of nothing, in ns.
double timer_cost();

/// Back-to-back steps, timed as a whole.
struct Block {
    std::size_t steps;
    double ns;
};

/// A mean over less than this says more about the timer than about the steps.
inline constexpr double min_block_ns = 20'000;

/// In ns per step.
struct Timing {
    double min;                    ///< the best mean of the blocks of at least min_block_ns
    double p50, p99, p999, max;    ///< of single steps, less the timer's cost, never below 0
};

/// `singles`: measured times of single steps in ns, at least one. `blocks`: at least one of min_block_ns.
Timing summarize(std::span<const Block> blocks, std::vector<double> singles, double timer_cost);

}  // namespace runnel
