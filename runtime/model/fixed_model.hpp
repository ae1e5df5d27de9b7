/// Fixed models by their schema, and between the schema's names and the trainer's.
#pragma once
#include "model_generated.h"
#include "runnel/fixed_model.hpp"

namespace runnel {

/// As those of a Model; the file has been verified.
FixedNetwork fixed_network(const schema::Model& file) noexcept;
[[nodiscard]] training::Status load_parameters(const schema::Model& file, training::Trainer& trainer) noexcept;

/// The trainer's name of a function; false: it has none.
bool to_training(schema::Function function, training::Function& to) noexcept;

}  // namespace runnel
