/// What a batch is behind its public face.
#pragma once
#include <new>

#include "stream.hpp"

namespace runnel {

/// A batch as it lies in the caller's block: this head, then the streams' blocks.
struct alignas(64) Streams : Batch {
    const Plan* plan;
    std::uint32_t count;
    std::size_t stride;  ///< bytes from one stream to the next

    Stream& at(std::size_t i) {
        return *std::launder(reinterpret_cast<Stream*>(reinterpret_cast<unsigned char*>(this + 1) + i * stride));
    }
};

/// Advances every stream i by inputs[i], unless it rests. Each input has passed Stream::check.
void advance(Streams& batch, const std::uint32_t* tokens);
void advance(Streams& batch, const float* const* features);

}  // namespace runnel
