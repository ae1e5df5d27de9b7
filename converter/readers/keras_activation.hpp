/// Keras' activations: by name, and as layers.
#pragma once
#include "base/activation.hpp"
#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

/// `value`: what the layer's configuration holds: a name, null, a serialized function or a serialized layer.
/// `keras_major`: version of Keras, which decides what hard_sigmoid is. Throws Error for an unknown one, by name.
Activation parse_activation(const LayerConfig& layer, const Json& value, int keras_major);

/// The activation that the layer's configuration holds under `key`; `fallback` (a name) where it is absent.
Activation parse_activation(const LayerConfig& layer, const Json& config, const char* key, const char* fallback,
                            int keras_major);

/// Whether it is an activation as a layer: Activation, ReLU, LeakyReLU, ELU, Softmax, or one of Keras 3's operations
/// (Sigmoid, Relu, Tanh ...), which it saves where a function was called on a layer's output.
bool is_activation_layer(const LayerConfig& layer);

/// The function that such a layer computes. Throws Error for parameters that Runnel does not have.
Activation parse_activation_layer(const LayerConfig& layer, int keras_major);

}  // namespace runnel::converter::keras
