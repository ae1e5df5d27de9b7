/// Embedding: the row of a token, in place.
#pragma once
#include "layer.hpp"

namespace runnel::embedding {

/// `outputs` values. token < inputs.
inline const float* row(const Layer& layer, std::uint32_t token) {
    return static_cast<const float*>(layer.weights) + std::size_t(token) * layer.outputs;
}

}  // namespace runnel::embedding
