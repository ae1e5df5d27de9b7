/// Models with fixed weights (runnel-convert --quantize fixed or fixed8) as networks of the trainer: what a Session
/// runs and what can be trained further.
///
///     const FixedNetwork network = fixed_network(model);
///     training::Specification spec = {.layers = network.layers, .layer_count = network.layer_count, ...,
///                                     .weight_bits = network.weight_bits};
///     training::Status status = training::Trainer::create(spec, block, size, trainer);
///     status = load_parameters(model, *trainer);
#pragma once
#include "runnel/runnel.hpp"
#include "runnel/trainer.hpp"

#pragma GCC visibility push(default)
namespace runnel {

struct FixedNetwork {
    /// Input, recurrent layers, Dense layers; with the dropout that the source model was trained with.
    training::Layer layers[max_layers + 1];
    std::uint32_t layer_count;
    std::uint8_t weight_bits;  ///< of training::Specification: 16, or 8 for fixed8
};

/// Whether a model is loaded and fixed.
bool is_fixed(const Model& model) noexcept;

/// Valid without the model; of any other than a fixed one, no layers. layers[0] is the input; layer i of a model that
/// begins with an embedding is layers[i], of any other model layers[i + 1].
FixedNetwork fixed_network(const Model& model) noexcept;

/// Sets all parameters of a trainer over the model's network (its dropout may have been changed) to those of the
/// model; they are copied. Errors: not_fixed; wrong_tensor: the trainer is over another network (some of its parameters
/// may then have changed).
[[nodiscard]] training::Status load_parameters(const Model& model, training::Trainer& trainer) noexcept;

}  // namespace runnel
#pragma GCC visibility pop
