#include "readers/keras_config.hpp"

#include <cctype>
#include <cmath>

#include "common/text.hpp"
#include "readers/keras_functional.hpp"

namespace runnel::converter::keras {
namespace {

/// The shape in `batch_input_shape` (Keras 2), `batch_shape` (Keras 3) or the like, without the batch.
std::optional<std::vector<long>> input_shape(const Json& config) {
    for (const char* key : {"batch_input_shape", "batch_shape", "build_input_shape", "input_shape"}) {
        const auto found = config.find(key);
        if (found == config.end() || !found->is_array() || found->empty()) continue;
        std::vector<long> shape;
        for (std::size_t i = 1; i < found->size(); ++i) {
            const Json& extent = (*found)[i];
            if (!extent.is_null() && !extent.is_number_unsigned())
                throw Error("the configuration's '" + std::string(key) + "' is not a shape: " + excerpt(found->dump()));
            shape.push_back(extent.is_null() ? -1L : static_cast<long>(extent.get<std::uint32_t>()));
        }
        return shape;
    }
    return std::nullopt;
}

/// Operations keep the module of Keras' own source; layers have that of its API, "keras.layers".
bool is_operation_module(const std::string& module) {
    return module.starts_with("keras.src.ops") || module.starts_with("keras.ops") ||
           module.starts_with("keras.src.activations");
}

}  // namespace

std::string described(const LayerConfig& layer) {
    std::string what = "layer '" + excerpt(layer.name) + "' (" + excerpt(layer.class_name);
    if (!layer.path.empty()) what += ", at " + excerpt(layer.path);
    return what + ')';
}

Error layer_error(const LayerConfig& layer, const std::string& why) { return Error(described(layer) + ": " + why); }

std::string snake_case(const std::string& name) {
    auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
    auto lower = [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; };
    std::string result;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool starts_word = upper(name[i]) && i > 0 &&
                                 (lower(name[i - 1]) || (i + 1 < name.size() && lower(name[i + 1])));
        if (starts_word) result += '_';
        result += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    }
    return result;
}

bool flag(const LayerConfig& layer, const Json& config, const char* key, bool fallback) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return fallback;
    if (!found->is_boolean()) throw layer_error(layer, std::string("'") + key + "' is not true or false");
    return found->get<bool>();
}

std::size_t positive(const LayerConfig& layer, const Json& config, const char* key) {
    const double value = number(layer, config, key, 0);
    constexpr double most = 1 << 20;  // as the runtime has it
    if (value < 1 || value > most || value != std::floor(value))
        throw layer_error(layer, std::string("'") + key + "' is not a whole number from 1 to 1048576");
    return static_cast<std::size_t>(value);
}

double number(const LayerConfig& layer, const Json& config, const char* key, double fallback) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return fallback;
    if (!found->is_number()) throw layer_error(layer, std::string("'") + key + "' is not a number");
    return found->get<double>();
}

double share(const LayerConfig& layer, const Json& config, const char* key) {
    const double value = number(layer, config, key, 0);
    if (!(value >= 0 && value <= 1)) throw layer_error(layer, std::string("'") + key + "' is not from 0 to 1");
    return value;
}

LayerConfig parse_layer(const Json& layer) {
    const auto class_name = layer.is_object() ? layer.find("class_name") : layer.end();
    const auto config = layer.is_object() ? layer.find("config") : layer.end();
    if (!layer.is_object() || class_name == layer.end() || !class_name->is_string() || config == layer.end())
        throw Error("the model's configuration holds something that is not a layer: " + excerpt(layer.dump()));
    LayerConfig result{class_name->get<std::string>(), "", *config, ""};
    if (const auto module = layer.find("module"); module != layer.end() && module->is_string())
        result.operation = is_operation_module(*module);
    if (const auto name = layer.find("name"); name != layer.end() && name->is_string()) result.name = *name;
    if (config->is_object())
        if (const auto name = config->find("name"); name != config->end() && name->is_string()) result.name = *name;
    return result;
}

namespace {

/// A Sequential's layers: each reads the one before it. The first is, or stands for, the input.
Wired in_a_row(const std::vector<LayerConfig>& layers) {
    Wired result{layers, {}, {0}, {layers.size() - 1}};
    for (std::size_t i = 0; i < layers.size(); ++i)
        result.sources.push_back(i == 0 ? std::vector<std::size_t>() : std::vector{i - 1});
    return result;
}

}  // namespace

ModelConfig parse_model(const Json& model) {
    const LayerConfig outer = parse_layer(model);
    // Keras 2.0 to 2.2 wrote a Sequential's configuration as the bare list of its layers.
    const Json& layers = outer.config.is_array() ? outer.config
                         : outer.config.is_object() && outer.config.contains("layers")
                             ? outer.config.at("layers")
                             : throw Error("the model (" + excerpt(outer.class_name) +
                                           ") has no list of layers; a subclassed model cannot be converted: build it "
                                           "as Sequential or functional and save that");
    if (!layers.is_array() || layers.empty()) throw Error("the model has no layers");

    ModelConfig result;
    result.name = outer.name;
    for (const Json& layer : layers) result.listed.push_back(parse_layer(layer));
    result.functional = outer.config.is_object() && outer.config.contains("output_layers");
    static_cast<Wired&>(result) =
        result.functional ? wire(outer.config, layers, result.listed) : in_a_row(result.listed);
    for (const std::size_t input : result.inputs) {
        const Json& first = result.layers[input].config;
        result.input_shapes.push_back(first.is_object() ? input_shape(first) : std::nullopt);
    }
    if (!result.input_shapes.front() && outer.config.is_object())
        result.input_shapes.front() = input_shape(outer.config);
    return result;
}

}  // namespace runnel::converter::keras
