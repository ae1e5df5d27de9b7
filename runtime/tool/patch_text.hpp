/// What a patch changes, by the names of the model's layers.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "runnel/fixed_model.hpp"

namespace runnel {

/// Without an embedding, the trainer's layer 0 is an input that the model does not list: 1, else 0.
std::uint32_t unlisted_layers(const Model& model);

struct PatchedTensor {
    std::string name;  ///< "embedding.embeddings"
    std::uint32_t rows, of;
};

/// The tensors that a patch changes; `trainer`, over the model's network, took it.
std::vector<PatchedTensor> patched_tensors(const Model& model, const training::Trainer& trainer, const void* patch);

/// Likewise, of a patch that a session over the model took.
std::vector<PatchedTensor> patched_tensors(const Model& model, std::span<const unsigned char> patch);

/// The words of a patch.
std::vector<std::string> word_list(const training::Words& words);

/// "embedding.embeddings (3 of 516 rows), dense.bias".
std::string patched_text(const std::vector<PatchedTensor>& tensors);

}  // namespace runnel
