#include "readers/keras_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "readers/keras_activation.hpp"

namespace runnel::converter::keras {
namespace {

/// Layers that pass their input on, but for training.
bool passes_input_on(const std::string& name) {
    static constexpr std::array names = {"InputLayer",    "Dropout",         "SpatialDropout1D",
                                         "GaussianNoise", "GaussianDropout", "AlphaDropout",
                                         "ActivityRegularization"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// What a layer that only acts in training does to the data. Dropout within a sequence draws a mask for each step.
void drop(const LayerConfig& layer, Flow& flow) {
    if (layer.class_name == "InputLayer" || layer.class_name == "ActivityRegularization") return;
    const bool spatial = layer.class_name == "SpatialDropout1D" && flow.sequence;
    const bool plain = layer.class_name == "Dropout" &&
                       (!layer.config.contains("noise_shape") || layer.config.at("noise_shape").is_null());
    if ((!spatial && !plain) || flow.dropout > 0) {
        flow.left_out = layer.class_name + " '" + layer.name + "'";
        return;
    }
    flow.dropout = share(layer, layer.config, "rate");
    flow.dropout_each_step = plain && flow.sequence;
}

Layer read_embedding(const LayerConfig& layer, const Source& source, Flow& flow) {
    const auto paths = source.weights.arrays(layer, "");
    expect_count(layer, paths, 1);
    const std::size_t tokens = positive(layer, layer.config, "input_dim");
    const std::size_t width = positive(layer, layer.config, "output_dim");
    Embedding embedding;
    embedding.table = {tokens, width, source.weights.read(layer, paths[0], {tokens, width})};
    embedding.mask_zero = flow.masked = flag(layer, layer.config, "mask_zero", false);
    flow.width = width;
    flow.sequence = true;
    return {layer.name, tokens * width, std::move(embedding)};
}

Layer read_masking(const LayerConfig& layer, Flow& flow, bool first) {
    if (!first)
        throw layer_error(layer,
                          "a mask that begins after another layer would skip steps which that layer has "
                          "already taken; put Masking first");
    if (!flow.width) throw layer_error(layer, "the file does not say how many features a step has");
    const double value = number(layer, layer.config, "mask_value", 0);
    if (!std::isfinite(static_cast<float>(value)))
        throw layer_error(layer, "its mask_value is not a finite number; mask by a finite one");
    flow.masked = true;
    return {layer.name, 0, Masking{*flow.width, static_cast<float>(value)}};
}

/// `part`: where Keras 3 keeps the arrays below the layer.
std::vector<Layer> read_dense(const LayerConfig& layer, const std::string& part, const Source& source, Flow& flow) {
    const auto paths = source.weights.arrays(layer, part);
    const std::size_t units = positive(layer, layer.config, "units");
    const bool has_bias = flag(layer, layer.config, "use_bias", true);
    expect_count(layer, paths, has_bias ? 2 : 1);
    if (!flow.width) flow.width = source.weights.shape(layer, paths[0]).at(0);
    const std::size_t inputs = *flow.width;

    Dense dense;
    dense.activation = parse_activation(layer, layer.config, "activation", "linear", source.keras_major);
    const bool glu = dense.activation.function == Function::glu;
    if (glu && units % 2 != 0) throw layer_error(layer, "its activation 'glu' halves the units, which are odd");
    dense.weights = transposed(source.weights.read(layer, paths[0], {inputs, units}), inputs, units);
    dense.bias = has_bias ? source.weights.read(layer, paths[1], {units}) : std::vector<float>(units);
    const Activation activation = glu ? std::exchange(dense.activation, {Function::linear, 0}) : dense.activation;
    std::vector<Layer> result;
    result.push_back({layer.name, inputs * units + (has_bias ? units : 0), std::move(dense)});
    take_training(result.back(), 0, flow);
    if (glu) result.push_back({layer.name, 0, Activate{units, activation}});
    flow.width = output_width(result.back());
    return result;
}

Layer read_activation(const LayerConfig& layer, const Source& source, Flow& flow) {
    if (!flow.width) throw layer_error(layer, "the file does not say how many values a step has");
    if (layer.class_name == "Softmax" && flow.masked && flow.sequence)
        throw layer_error(layer, "a Softmax layer applies the mask to its own sum, which Runnel does not; use "
                                 "Activation('softmax')");
    const Activation activation = parse_activation_layer(layer, source.keras_major);
    if (activation.function == Function::glu && *flow.width % 2 != 0)
        throw layer_error(layer, "its activation 'glu' halves the values, of which there is an odd number");
    Layer result{layer.name, 0, Activate{*flow.width, activation}};
    flow.width = output_width(result);
    return result;
}

/// `part`: "" for a layer of the model, "layer" for one within TimeDistributed.
std::vector<Layer> read_stepwise(const LayerConfig& layer, const std::string& part, const Source& source, Flow& flow) {
    if (passes_input_on(layer.class_name)) return {};
    if (layer.class_name == "Dense") return read_dense(layer, part, source, flow);
    if (is_batch_normalization(layer.class_name)) {
        read_batch_normalization(layer, part, source, flow);
        return {};
    }
    if (is_shape_layer(layer.class_name)) {
        check_step_shape(layer, flow);
        return {};
    }
    if (is_activation_layer(layer)) return {read_activation(layer, source, flow)};
    throw layer_error(layer, refusal(layer.class_name));
}

/// Refuses what would take the values of several steps together, or of one apart.
void check_shape(const LayerConfig& layer, const Source& source, Flow& flow) {
    if (!flow.reshaped) return;
    const bool tokens = layer.class_name == "Embedding" && flow.first;
    if (tokens) flow.reshaped.reset();
    else if (!is_activation_layer(layer) ||
             !is_elementwise(parse_activation_layer(layer, source.keras_major).function))
        throw layer_error(*flow.reshaped, refusal(flow.reshaped->class_name));
}

}  // namespace

void expect_count(const LayerConfig& layer, const std::vector<std::string>& paths, std::size_t expected) {
    if (paths.size() != expected)
        throw layer_error(layer, "the file holds " + std::to_string(paths.size()) + " arrays of it where " +
                                     std::to_string(expected) + " are needed");
}

Matrix transposed(const std::vector<float>& values, std::size_t rows, std::size_t columns) {
    Matrix result(columns, rows);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) result.at(c, r) = values[r * columns + c];
    return result;
}

bool holds_weights(const LayerConfig& layer) {
    const std::string& name = layer.class_name;
    if (name == "TimeDistributed" && layer.config.is_object() && layer.config.contains("layer")) {
        const Json& inner = layer.config.at("layer");
        return inner.is_object() && inner.contains("class_name") && inner.at("class_name") != name &&
               holds_weights(parse_layer(inner));
    }
    return name == "Embedding" || name == "Dense" || name == "Conv1D" || is_recurrent(name) || is_batch_normalization(name);
}

void take_training(Layer& layer, double dropout, Flow& flow) {
    layer.left_out = std::exchange(flow.left_out, "");
    layer.dropout = dropout;
    const double before = std::exchange(flow.dropout, 0);
    const bool each_step = std::exchange(flow.dropout_each_step, false);
    if (before == 0) return;
    if (each_step && dropout > 0) {
        layer.left_out = "the Dropout layer before it, beside a dropout of its own";
    } else {
        layer.dropout = 1 - (1 - before) * (1 - dropout);
        layer.dropout_each_step = each_step;
    }
}

std::vector<Layer> read_layer(const LayerConfig& layer, const Source& source, Flow& flow) {
    if (!layer.config.is_object()) throw layer_error(layer, "has no configuration");
    if (passes_input_on(layer.class_name)) {
        drop(layer, flow);
        return {};
    }
    if (is_shape_layer(layer.class_name)) {
        read_shape(layer, flow);
        return {};
    }
    check_shape(layer, source, flow);
    // A normalization does to each step what it does to all: a mask or an embedding may still begin behind it.
    const bool first = is_batch_normalization(layer.class_name) ? flow.first : std::exchange(flow.first, false);
    if (layer.class_name == "Embedding") {
        if (!first) throw layer_error(layer, "an Embedding must be the first layer, where the tokens come in");
        return {read_embedding(layer, source, flow)};
    }
    if (layer.class_name == "Masking") return {read_masking(layer, flow, first)};
    if (is_recurrent(layer.class_name)) return {read_recurrent(layer, source, flow)};
    if (layer.class_name == "Conv1D") return read_convolution(layer, source, flow);
    if (layer.class_name != "TimeDistributed") return read_stepwise(layer, "", source, flow);

    if (!flow.sequence) throw layer_error(layer, "comes after a layer that does not return sequences");
    if (!layer.config.contains("layer")) throw layer_error(layer, "has no layer within");
    LayerConfig inner = parse_layer(layer.config.at("layer"));
    if (!inner.config.is_object()) throw layer_error(layer, "has no configuration of the layer within");
    inner.name = layer.name;
    inner.path = layer.path;
    return read_stepwise(inner, "layer", source, flow);
}

}  // namespace runnel::converter::keras
