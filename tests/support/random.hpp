/// Reproducible random numbers.
#pragma once
#include <cstddef>
#include <random>
#include <vector>

namespace runnel::test {

/// n floats, uniform in [-range, range].
inline std::vector<float> uniform(std::size_t n, float range, unsigned seed) {
    std::mt19937 generator(seed);
    std::vector<float> values(n);
    for (float& v : values) v = range * (float(generator()) / 2147483648.0f - 1.0f);
    return values;
}

}  // namespace runnel::test
