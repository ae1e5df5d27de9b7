/// The layers that a Keras model's JSON configuration describes, and how they are wired.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "error.hpp"

namespace runnel::converter::keras {

using Json = nlohmann::json;

/// One layer as Keras serialized it.
struct LayerConfig {
    std::string class_name;
    std::string name;
    Json config;
    /// Where the source file keeps the layer's weights: "model_weights/gru_3". Set by the weights' reader.
    std::string path;
    bool operation = false;  ///< one of Keras 3's operations (keras.ops), not a layer
};

/// Layers, each behind those that it reads; places count from 0.
struct Wired {
    std::vector<LayerConfig> layers;                ///< InputLayers included where there are any
    std::vector<std::vector<std::size_t>> sources;  ///< of each layer: the places of those that it reads
    std::vector<std::size_t> inputs, outputs;       ///< the places of the model's InputLayers, and of what it returns
};

struct ModelConfig : Wired {
    std::vector<LayerConfig> listed;   ///< in the order of the file, as the weights are numbered
    std::string name;
    bool functional = false;
    /// The inputs' shapes without the batch, -1 for "any"; nothing if the file does not say.
    std::vector<std::optional<std::vector<long>>> input_shapes;
};

/// Reads the configuration of a Sequential or a functional model, of Keras 2 or 3. Throws Error for shared layers, and
/// masks or states that are wired by hand.
ModelConfig parse_model(const Json& model);

/// "layer 'gru_3' (GRU, at model_weights/gru_3)"
std::string described(const LayerConfig& layer);
/// Error about one layer: its description, then `why`.
Error layer_error(const LayerConfig& layer, const std::string& why);

/// Keras' naming.to_snake_case: "SimpleRNN" -> "simple_rnn", "TimeDistributed" -> "time_distributed".
std::string snake_case(const std::string& name);

/// A member of the layer's configuration; `fallback` where it is absent. Throws Error where it has another type.
bool flag(const LayerConfig& layer, const Json& config, const char* key, bool fallback);
std::size_t positive(const LayerConfig& layer, const Json& config, const char* key);
double number(const LayerConfig& layer, const Json& config, const char* key, double fallback);
/// From 0 to 1; 0 where it is absent.
double share(const LayerConfig& layer, const Json& config, const char* key);

/// {"class_name": ..., "config": {...}} of a layer within a layer, or of the layer itself.
LayerConfig parse_layer(const Json& layer);

}  // namespace runnel::converter::keras
