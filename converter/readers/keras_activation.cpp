#include "readers/keras_activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "common/names.hpp"
#include "common/text.hpp"

namespace runnel::converter::keras {
namespace {

struct KnownFunction {
    std::string_view name;
    Function function;
    float alpha = 0;  ///< Keras' default of the function's parameter
};

/// Names and defaults of keras.activations, 2.0 to 3.
constexpr std::array known_functions = {
    KnownFunction{"linear", Function::linear},
    KnownFunction{"tanh", Function::tanh},
    KnownFunction{"sigmoid", Function::sigmoid},
    KnownFunction{"relu", Function::relu},
    KnownFunction{"hard_sigmoid", Function::hard_sigmoid},
    KnownFunction{"softmax", Function::softmax},
    KnownFunction{"log_softmax", Function::log_softmax},
    KnownFunction{"softplus", Function::softplus},
    KnownFunction{"softsign", Function::softsign},
    KnownFunction{"elu", Function::elu, 1},
    KnownFunction{"selu", Function::selu},
    KnownFunction{"exponential", Function::exponential},
    KnownFunction{"silu", Function::silu},
    KnownFunction{"swish", Function::silu},
    KnownFunction{"hard_silu", Function::hard_silu},
    KnownFunction{"hard_swish", Function::hard_silu},
    KnownFunction{"gelu", Function::gelu},
    KnownFunction{"relu6", Function::relu6},
    KnownFunction{"leaky_relu", Function::leaky_relu, 0.2f},
    KnownFunction{"mish", Function::mish},
    KnownFunction{"celu", Function::celu, 1},
    KnownFunction{"hard_tanh", Function::hard_tanh},
    KnownFunction{"log_sigmoid", Function::log_sigmoid},
    KnownFunction{"tanh_shrink", Function::tanh_shrink},
    KnownFunction{"squareplus", Function::squareplus},
    KnownFunction{"soft_shrink", Function::soft_shrink, 0.5f},
    KnownFunction{"hard_shrink", Function::hard_shrink, 0.5f},
    KnownFunction{"sparse_plus", Function::sparse_plus},
    KnownFunction{"sparse_sigmoid", Function::sparse_sigmoid},
    KnownFunction{"sparsemax", Function::sparsemax},
    KnownFunction{"glu", Function::glu},
};

Activation by_name(const LayerConfig& layer, const std::string& name, int keras_major) {
    for (const KnownFunction& entry : known_functions) {
        if (entry.name != name) continue;
        const bool keras3_form = entry.function == Function::hard_sigmoid && keras_major >= 3;
        return {keras3_form ? Function::hard_sigmoid_keras3 : entry.function, entry.alpha};
    }
    std::vector<std::string> names;
    for (const KnownFunction& entry : known_functions) names.emplace_back(entry.name);
    throw layer_error(layer, "its activation '" + excerpt(name) + "' is not one of Keras' own; train with one of " +
                                 listed(names));
}

/// A parameter that must be finite, under its name in Keras 2 or in Keras 3.
float parameter(const LayerConfig& layer, const Json& config, const char* keras2, const char* keras3, double fallback) {
    const double value = number(layer, config, keras2, number(layer, config, keras3, fallback));
    if (!std::isfinite(static_cast<float>(value)))
        throw layer_error(layer, std::string("its '") + keras3 + "' is not a finite number");
    return static_cast<float>(value);
}

Activation relu_layer(const LayerConfig& layer, const Json& config) {
    const float slope = parameter(layer, config, "negative_slope", "negative_slope", 0);
    const float threshold = parameter(layer, config, "threshold", "threshold", 0);
    const bool bounded = config.contains("max_value") && !config.at("max_value").is_null();
    if (threshold == 0 && !bounded)
        return slope == 0 ? Activation{Function::relu, 0} : Activation{Function::leaky_relu, slope};
    if (threshold == 0 && slope == 0 && number(layer, config, "max_value", 0) == 6) return {Function::relu6, 0};
    throw layer_error(layer, "a ReLU with this threshold or max_value cannot be expressed; there are relu, relu with "
                             "max_value 6, and leaky relu");
}

/// A function that takes several values together must take those of one step.
void check_axis(const LayerConfig& layer, const Json& config) {
    const auto axis = config.find("axis");
    if (axis != config.end() && *axis != -1 && *axis != 2)
        throw layer_error(layer,
                          "works along axis " + excerpt(axis->dump()) +
                              "; only the features (axis -1) stay within one step");
}

Activation softmax_layer(const LayerConfig& layer, const Json& config) {
    check_axis(layer, config);
    return {Function::softmax, 0};
}

/// The name in keras.activations of one of Keras 3's operations: LogSoftmax is "log_softmax".
std::string function_of(const std::string& operation) {
    return operation == "Exp" ? "exponential" : snake_case(operation);
}

/// Operations have the parameters and defaults of keras.ops.
Activation parse_operation(const LayerConfig& layer, int keras_major) {
    const Json& config = layer.config;
    Activation activation = by_name(layer, function_of(layer.class_name), keras_major);
    if (!is_elementwise(activation.function)) check_axis(layer, config);
    if (activation.function == Function::gelu && flag(layer, config, "approximate", true))
        throw layer_error(layer, "computes gelu by an approximation, which cannot be expressed; use "
                                 "keras.activations.gelu, or approximate=False");
    for (const char* key : {"negative_slope", "alpha", "threshold"})
        if (activation.alpha != 0) activation.alpha = parameter(layer, config, key, key, activation.alpha);
    return activation;
}

}  // namespace

bool is_activation_layer(const LayerConfig& layer) {
    const std::string& name = layer.class_name;
    if (name == "Activation" || name == "ReLU" || name == "LeakyReLU" || name == "ELU" || name == "Softmax")
        return true;
    return layer.operation && std::any_of(known_functions.begin(), known_functions.end(), [&](const KnownFunction& entry) {
               return entry.name == function_of(name);
           });
}

Activation parse_activation_layer(const LayerConfig& layer, int keras_major) {
    const Json& config = layer.config;
    if (layer.operation && layer.class_name != "ReLU" && layer.class_name != "Softmax")
        return parse_operation(layer, keras_major);
    if (layer.class_name == "Activation") return parse_activation(layer, config, "activation", "linear", keras_major);
    if (layer.class_name == "ReLU") return relu_layer(layer, config);
    if (layer.class_name == "ELU") return {Function::elu, parameter(layer, config, "alpha", "alpha", 1)};
    if (layer.class_name == "Softmax") return softmax_layer(layer, config);
    return {Function::leaky_relu, parameter(layer, config, "alpha", "negative_slope", 0.3)};
}

Activation parse_activation(const LayerConfig& layer, const Json& value, int keras_major) {
    if (value.is_null()) return {Function::linear, 0};
    if (value.is_string()) return by_name(layer, value, keras_major);
    // Keras 3 and late Keras 2: {"class_name": "function", "config": "relu"}, or a layer used as an activation.
    if (value.is_object() && value.contains("config") && value.at("config").is_string())
        return by_name(layer, value.at("config"), keras_major);
    if (value.is_object() && value.contains("class_name") && value.at("class_name").is_string()) {
        const LayerConfig inner{value.at("class_name"), layer.name, value.value("config", Json::object()), layer.path};
        if (inner.class_name != "Activation" && is_activation_layer(inner))
            return parse_activation_layer(inner, keras_major);
        return by_name(layer, inner.class_name, keras_major);
    }
    throw layer_error(layer, "its activation is not a name: " + excerpt(value.dump()));
}

Activation parse_activation(const LayerConfig& layer, const Json& config, const char* key, const char* fallback,
                            int keras_major) {
    const auto found = config.find(key);
    return found == config.end() ? by_name(layer, fallback, keras_major) : parse_activation(layer, *found, keras_major);
}

}  // namespace runnel::converter::keras
