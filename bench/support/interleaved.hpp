/// Times two things in turn within one run, because this is the only comparison that a noisy machine allows.
#pragma once
#include <algorithm>
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

/// Calls that fill a block of at least 20 microseconds.
template <class F> long calls_per_block(F& f) {
    long calls = 1;
    while (block_ns(f, calls) * double(calls) < 20'000) calls *= 2;
    return calls;
}

inline Times summary(std::vector<double>& blocks) {
    std::sort(blocks.begin(), blocks.end());
    return {blocks.front(), blocks[blocks.size() / 2]};
}

}  // namespace detail

/// Runs blocks of `a` and blocks of `b` by turns.
template <class A, class B> std::pair<Times, Times> interleaved(A a, B b, int blocks = 400) {
    const long calls_a = detail::calls_per_block(a), calls_b = detail::calls_per_block(b);
    std::vector<double> of_a, of_b;
    for (int i = 0; i < blocks; ++i) {
        of_a.push_back(detail::block_ns(a, calls_a));
        of_b.push_back(detail::block_ns(b, calls_b));
    }
    return {detail::summary(of_a), detail::summary(of_b)};
}

}  // namespace runnel::bench
