#include "readers/keras_activation.hpp"
#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

/// A member that is a number or a list of one, as Keras keeps sizes of one dimension.
std::size_t single(const LayerConfig& layer, const char* key, std::size_t fallback) {
    const auto found = layer.config.find(key);
    if (found == layer.config.end() || found->is_null()) return fallback;
    if (!found->is_array()) return positive(layer, layer.config, key);
    if (found->size() != 1) throw layer_error(layer, std::string("'") + key + "' has more than one number");
    return positive(layer, Json{{key, found->front()}}, key);
}

std::string word(const LayerConfig& layer, const char* key, const char* fallback) {
    const auto found = layer.config.find(key);
    return found == layer.config.end() || !found->is_string() ? fallback : found->get<std::string>();
}

bool is_whole(const LayerConfig& layer) {
    const std::string padding = word(layer, "padding", "valid");
    if (padding == "causal") return false;
    if (padding == "valid") return true;
    throw layer_error(layer, "has padding '" + padding +
                                 "', which needs steps that have not come yet; train with "
                                 "padding='causal'");
}

}  // namespace

std::vector<Layer> read_convolution(const LayerConfig& layer, const Source& source, Flow& flow) {
    if (!flow.sequence) throw layer_error(layer, "comes after a layer that does not return sequences");
    if (flow.masked) throw layer_error(layer, "cannot take a mask; pad by the convolution itself, or remove the mask");
    if (word(layer, "data_format", "channels_last") != "channels_last")
        throw layer_error(layer, "has data_format 'channels_first'; train with 'channels_last'");
    if (single(layer, "strides", 1) != 1)
        throw layer_error(layer,
                          "has strides, so that what follows runs less often than steps come, which is not "
                          "supported; train with strides=1");
    if (single(layer, "groups", 1) != 1) throw layer_error(layer, "has groups, which are not supported; train with 1");
    const std::size_t frames = single(layer, "kernel_size", 1), dilation = single(layer, "dilation_rate", 1);
    const std::size_t filters = positive(layer, layer.config, "filters");
    const bool has_bias = flag(layer, layer.config, "use_bias", true), whole = is_whole(layer);
    const auto paths = source.weights.arrays(layer, "");
    expect_count(layer, paths, has_bias ? 2 : 1);
    if (!flow.width) {
        const auto shape = source.weights.shape(layer, paths[0]);
        flow.width = shape.size() == 3 ? shape[1] : 0;
    }
    const std::size_t width = *flow.width, columns = frames * width;
    Dense dense;
    dense.activation = parse_activation(layer, layer.config, "activation", "linear", source.keras_major);
    if (dense.activation.function == Function::glu) throw layer_error(layer, "cannot have the activation 'glu'");
    dense.weights = transposed(source.weights.read(layer, paths[0], {frames, width, filters}), columns, filters);
    dense.bias = has_bias ? source.weights.read(layer, paths[1], {filters}) : std::vector<float>(filters);

    std::vector<Layer> result;
    if (frames > 1) result.push_back({layer.name + "/window", 0, Window{width, frames, dilation, whole}});
    result.push_back({layer.name, columns * filters + (has_bias ? filters : 0), std::move(dense)});
    take_training(result.back(), 0, flow);
    flow.width = filters;
    if (whole) flow.lost_steps += static_cast<long>((frames - 1) * dilation);
    return result;
}

}  // namespace runnel::converter::keras
