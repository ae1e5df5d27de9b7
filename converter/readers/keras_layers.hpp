/// Keras' layers, one by one, to the graph.
#pragma once
#include <optional>

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
    bool stateful = false;             ///< a layer carries its state from one call to the next
    double dropout = 0;                ///< share of the data that a layer before drops in training
    bool dropout_each_step = false;    ///< with a mask for each step; else one per sequence
    std::string left_out{};            ///< as in Layer
};

struct Source {
    const Weights& weights;
    int keras_major;
};

/// The layers of the graph for one layer of Keras: none for Dropout, InputLayer and the like. Advances `flow`.
/// Throws Error for what cannot be expressed.
std::vector<Layer> read_layer(const LayerConfig& layer, const Source& source, Flow& flow);

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

/// Why a layer of this class cannot be expressed, and what can be done.
std::string refusal(const std::string& class_name);

}  // namespace runnel::converter::keras
