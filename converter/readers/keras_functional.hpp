/// Functional models: the wiring that Keras wrote down.
#pragma once
#include <vector>

#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

/// The layers between the model's inputs and outputs, each behind those that it reads.
/// `config`: the model's configuration; `layers`: its list of layers, `parsed` the same in the same order.
/// Throws Error for circles, layers that are called several times, and masks or states that are wired by hand. The
/// operations by which Keras 3 computes the mask of an Embedding or Masking layer are left out: that layer stands for
/// them.
Wired wire(const Json& config, const Json& layers, const std::vector<LayerConfig>& parsed);

}  // namespace runnel::converter::keras
