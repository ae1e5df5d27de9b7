/// Times several things in turn within one run, because this is the only comparison that a noisy machine allows.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace runnel::bench {

struct Times {
    double min, median;  ///< nanoseconds per call
};

namespace detail {

template <class F> double block_ns(F& f, long calls) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < calls; ++i) {
        f();
        asm volatile("" ::: "memory");
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / double(calls);
}

/// Calls that fill a block of at least 20 microseconds, also when nothing interrupts them.
template <class F> long calls_per_block(F& f) {
    long calls = 1;
    while (std::min({block_ns(f, calls), block_ns(f, calls), block_ns(f, calls)}) * double(calls) < 20'000) calls *= 2;
    return calls;
}

inline Times summary(std::vector<double>& blocks) {
    std::sort(blocks.begin(), blocks.end());
    return {blocks.front(), blocks[blocks.size() / 2]};
}

}  // namespace detail

/// Runs blocks of each function by turns.
template <class... F> std::array<Times, sizeof...(F)> interleaved(F... functions) {
    constexpr int blocks = 400;
    std::array<long, sizeof...(F)> calls{detail::calls_per_block(functions)...};
    std::array<std::vector<double>, sizeof...(F)> times;
    for (int i = 0; i < blocks; ++i) {
        std::size_t k = 0;
        ((times[k].push_back(detail::block_ns(functions, calls[k])), ++k), ...);
    }
    std::array<Times, sizeof...(F)> all;
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = detail::summary(times[k]);
    return all;
}

}  // namespace runnel::bench
