#include "readers/keras_fresh.hpp"

#include <algorithm>

#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

/// The configuration that names the initializers: that of the layer, or of the cell within RNN.
const Json& initializing_config(const LayerConfig& layer) {
    const auto cell = layer.config.find("cell");
    return cell == layer.config.end() ? layer.config : cell->at("config");
}

bool is_lstm(const LayerConfig& layer) {
    if (layer.class_name == "LSTM") return true;
    const auto cell = layer.config.find("cell");
    return cell != layer.config.end() && cell->at("class_name") == "LSTMCell";
}

/// Where Keras keeps an array's initializer, and which one it is by default.
struct Key {
    const char *name, *fallback;
};

Key key_of(const std::string& array) {
    if (array == "embeddings") return {"embeddings_initializer", "uniform"};
    if (array == "gamma") return {"gamma_initializer", "ones"};
    if (array == "beta") return {"beta_initializer", "zeros"};
    if (array == "moving_mean") return {"moving_mean_initializer", "zeros"};
    if (array == "moving_variance") return {"moving_variance_initializer", "ones"};
    if (array == "kernel") return {"kernel_initializer", "glorot_uniform"};
    if (array == "recurrent_kernel") return {"recurrent_initializer", "orthogonal"};
    return {"bias_initializer", "zeros"};
}

}  // namespace

std::vector<std::string> FreshWeights::arrays(const LayerConfig& layer, const std::string&) const {
    if (layer.class_name == "Embedding") return {"embeddings"};
    if (layer.class_name.starts_with("CuDNN"))
        throw layer_error(layer, "is made of " + layer.class_name.substr(5) + " by old versions of Keras; use that");
    if (is_batch_normalization(layer.class_name)) {
        std::vector<std::string> names{"gamma", "beta", "moving_mean", "moving_variance"};
        if (!flag(layer, layer.config, "scale", true)) std::erase(names, "gamma");
        if (!flag(layer, layer.config, "center", true)) std::erase(names, "beta");
        return names;
    }
    std::vector<std::string> names{"kernel"};
    if (is_recurrent(layer.class_name)) names.emplace_back("recurrent_kernel");
    if (flag(layer, initializing_config(layer), "use_bias", true)) names.emplace_back("bias");
    return names;
}

std::vector<float> FreshWeights::read(const LayerConfig& layer, const std::string& name,
                                      const Hdf5File::Shape& shape) const {
    const Json& config = initializing_config(layer);
    const Key key = key_of(name);
    const auto found = config.find(key.name);
    const Json initializer = found == config.end() || found->is_null() ? Json(key.fallback) : *found;
    std::vector<float> values = initialize(layer, initializer, shape, random_);
    if (name == "bias" && is_lstm(layer) && flag(layer, config, "unit_forget_bias", true)) {
        const auto units = std::ptrdiff_t(values.size() / 4);
        std::fill(values.begin() + units, values.begin() + 2 * units, 1.0f);
    }
    return values;
}

Hdf5File::Shape FreshWeights::shape(const LayerConfig& layer, const std::string&) const {
    throw layer_error(layer, "the architecture does not say how many features a step has; give the model an Input");
}

}  // namespace runnel::converter::keras
