/// The other floor of a step: its multiplications alone.
#pragma once
#include <cstddef>

#include "kernels/kernels.hpp"

namespace runnel::bench {

/// Bytes that the weights handed to a pass must have: few enough to stay in the first-level cache.
inline constexpr std::size_t multiply_weights = 16384;

/// The inner loops of one instruction set, over the same few weights again and again.
struct Multiply {
    const char* name;
    /// Multiplies as many weights as the GRU of `inputs` inputs and `units` units (a multiple of 32) has; `weights`:
    /// multiply_weights bytes, `x`: 64 zero bytes.
    void (*gru[matrix_formats])(const void* weights, const void* x, std::size_t inputs, std::size_t units);
    void (*lstm[matrix_formats])(const void* weights, const void* x, std::size_t inputs, std::size_t units);
};

/// Null if the build has no such instruction set.
const Multiply* find_multiply(const char* isa);

}  // namespace runnel::bench
