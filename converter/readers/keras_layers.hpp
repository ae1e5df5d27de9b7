/// Keras' layers, one by one, to the graph.
#pragma once
#include <optional>

#include "graph/fold_scales.hpp"
#include "graph/graph.hpp"
#include "readers/keras_config.hpp"
#include "readers/keras_weights.hpp"

namespace runnel::converter::keras {

/// What is known of the data between two layers.
struct Flow {
    std::optional<std::size_t> width;  ///< features per step; nothing while the file has not said it
    bool first = true;                 ///< no layer has touched the data yet
    bool sequence = true;              ///< there is one output per step (return_sequences)
    bool masked = false;               ///< Keras passes a mask along
    bool recurrent = false;            ///< a recurrent layer has taken it
    bool stateful = false;             ///< a layer carries its state from one call to the next
    double dropout = 0;                ///< share of the data that a layer before drops in training
    bool dropout_each_step = false;    ///< with a mask for each step; else one per sequence
    std::string left_out{};            ///< as in Layer
    /// The model's input without the batch, as the Flatten, Reshape and Permute layers that it begins with make it; -1:
    /// any extent; nothing if the file does not say.
    std::optional<std::vector<long>> input{};
    /// The layer that gave the data a shape in which only functions of single values can take it, and that shape.
    std::optional<LayerConfig> reshaped{};
    std::vector<long> shape{};
    long lost_steps = 0;          ///< at the beginning, that only fill the windows of convolutions
    std::size_t value = 0;        ///< of the graph, as in Layer::sources
    std::size_t made = 0;         ///< layers of the graph so far
    std::vector<Scale> scales{};  ///< between them
    std::uint64_t scale_parameters = 0;  ///< numbers of the source that the last of them was made of
};

struct Source {
    const Weights& weights;
    int keras_major;
};

/// The layers of the graph for one layer of Keras: none for Dropout, InputLayer and the like. Advances `flow`.
/// Throws Error for what cannot be expressed.
std::vector<Layer> read_layer(const LayerConfig& layer, const Source& source, Flow& flow);

/// Concatenate, Add, Subtract, Multiply, Average, Maximum and Minimum, as layers or as Keras 3's operations.
bool is_merge(const LayerConfig& layer);
/// Joins what several branches carry; the first of `flows` becomes what behind the layer is known. Throws Error where
/// they do not fit together.
Layer read_merge(const LayerConfig& layer, std::vector<Flow>& flows);

/// Whether a trained model has arrays for a layer of this kind, or of the kind within TimeDistributed.
bool holds_weights(const LayerConfig& layer);

/// Hands what layers before did to the data in training to the layer that takes it. `dropout`: the layer's own share of
/// its inputs, one mask per sequence.
void take_training(Layer& layer, double dropout, Flow& flow);

/// Keras keeps kernels as [inputs][outputs]; the graph as [outputs][inputs].
Matrix transposed(const std::vector<float>& values, std::size_t rows, std::size_t columns);

/// Throws Error unless the file holds `expected` arrays of the layer.
void expect_count(const LayerConfig& layer, const std::vector<std::string>& paths, std::size_t expected);

/// SimpleRNN, GRU, LSTM, CuDNNGRU, CuDNNLSTM, and RNN over one of their cells.
bool is_recurrent(const std::string& class_name);
Layer read_recurrent(const LayerConfig& layer, const Source& source, Flow& flow);

/// Conv1D over time, of padding "causal" or "valid": a window and a Dense.
std::vector<Layer> read_convolution(const LayerConfig& layer, const Source& source, Flow& flow);

bool is_batch_normalization(const std::string& class_name);
/// Adds gamma * (x - mean) / sqrt(variance + epsilon) + beta (https://keras.io/api/layers/normalization_layers/
/// batch_normalization) to `flow.scales`. `part`: where Keras 3 keeps the arrays
/// below the layer.
void read_batch_normalization(const LayerConfig& layer, const std::string& part, const Source& source, Flow& flow);

/// Flatten, Reshape and Permute.
bool is_shape_layer(const std::string& class_name);
/// Follows what such a layer does to the data's shape. Throws Error where it changes the order of values.
void read_shape(const LayerConfig& layer, Flow& flow);
/// The same for one within TimeDistributed, which must leave a step as it is.
void check_step_shape(const LayerConfig& layer, const Flow& flow);

/// Why a layer of this class cannot be expressed, and what can be done.
std::string refusal(const std::string& class_name);

}  // namespace runnel::converter::keras
