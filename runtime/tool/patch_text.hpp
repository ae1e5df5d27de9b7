/// What a patch changes, by the names of the model's layers.
#pragma once
#include <string>
#include <vector>

#include "runnel/fixed_model.hpp"

namespace runnel {

struct PatchedTensor {
    std::string name;  ///< "embedding.embeddings"
    std::uint32_t rows, of;
};

/// The tensors that a patch changes; `trainer`, over the model's network, took it.
std::vector<PatchedTensor> patched_tensors(const Model& model, const training::Trainer& trainer, const void* patch);

/// "embedding.embeddings (3 of 516 rows), dense.bias".
std::string patched_text(const std::vector<PatchedTensor>& tensors);

}  // namespace runnel
