/// Functional models: from the wiring that Keras wrote down to one chain.
#pragma once
#include <vector>

#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

/// The layers between the model's one input and its one output, in the order of the data's flow.
/// `config`: the model's configuration; `layers`: its list of layers, `parsed` the same in the same order.
/// Throws Error where the wiring is not one chain. The operations by which Keras 3 computes the mask of an
/// Embedding or Masking layer of the chain are left out: that layer stands for them.
std::vector<LayerConfig> follow_chain(const Json& config, const Json& layers, const std::vector<LayerConfig>& parsed);

}  // namespace runnel::converter::keras
