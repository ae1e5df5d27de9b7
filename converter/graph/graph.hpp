/// A trained network in float32, in the runtime's own gate order. From here on nobody knows which framework
/// it came from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/activation.hpp"
#include "model_generated.h"

namespace runnel::converter {

/// Row-major [rows][columns].
struct Matrix {
    std::size_t rows = 0, columns = 0;
    std::vector<float> values;

    Matrix() = default;
    Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c) {}
    Matrix(std::size_t r, std::size_t c, std::vector<float> v) : rows(r), columns(c), values(std::move(v)) {}
    float& at(std::size_t row, std::size_t column) { return values[row * columns + column]; }
    float at(std::size_t row, std::size_t column) const { return values[row * columns + column]; }
};

/// y = table[token]; where `mask_zero`, a step of token 0 changes nothing. `projected`: the rows are the products of
/// the next layer's input weights with the embedding, as schemas/model.fbs orders them, and that layer's `input` has
/// no columns.
struct Embedding {
    Matrix table;
    bool mask_zero = false;
    bool projected = false;
};

/// A step whose features all equal `value` changes nothing.
struct Masking {
    std::size_t width;
    float value;
};

/// Gates and terms of the bias in the order of schemas/model.fbs; row of a matrix: gate * units + unit;
/// element of the bias: term * units + unit.
struct Recurrent {
    schema::Cell cell;
    std::size_t units;
    Matrix input;      ///< [gates * units][inputs]
    Matrix recurrent;  ///< [gates * units][units]
    std::vector<float> bias;
    Activation activation, recurrent_activation;
};

/// y = activation(weights x + bias), weights [units][inputs].
struct Dense {
    Matrix weights;
    std::vector<float> bias;
    Activation activation;
};

/// y = activation(x).
struct Activate {
    std::size_t width;
    Activation activation;
};

/// The values that it reads, one behind the other; of these widths.
struct Concatenate {
    std::vector<std::size_t> widths;
};

/// Two or more values of one width, element by element.
struct Combine {
    schema::Operation operation;
    std::size_t width;
};

/// `width` elements of a value of `inputs`, from `first` on.
struct Slice {
    std::size_t inputs, first, width;
};

/// The last `frames` values of `width`, `dilation` steps apart, the oldest first. `whole`: what reads it does not run
/// before all of them have been there.
struct Window {
    std::size_t width, frames, dilation;
    bool whole;
};

struct Layer {
    std::string name;              ///< as in the source
    std::uint64_t parameters = 0;  ///< trainable numbers, counted as the source framework does
    std::variant<Embedding, Masking, Recurrent, Dense, Activate, Concatenate, Combine, Slice, Window> kind;
    /// For training: shares of the layer's inputs, and of the state in its recurrent product, that are dropped, with
    /// one mask per sequence; or, of the inputs, one mask per step.
    double dropout = 0, recurrent_dropout = 0;
    bool dropout_each_step = false;
    /// What else the source does to the layer's inputs in training: "Dropout 'dropout_1'"; "" for nothing.
    std::string left_out{};
    /// The values that it reads: 0 is the model's input, n the output of layer n - 1. Empty: that of the layer before
    /// it.
    std::vector<std::size_t> sources{};
};

/// A named piece of the model's input or output.
struct Port {
    std::string name;
    std::size_t width;
};

/// Layers in an order in which each comes behind those that it reads. The last one's output is the model's.
struct Graph {
    std::vector<Layer> layers;
    std::vector<Port> inputs{}, outputs{};  ///< the pieces of either, where there are several
    bool returns_sequence = false;
    std::uint32_t sequence_length = 0;  ///< steps that the source was built for; 0: any
};

std::size_t gates(schema::Cell cell);
/// Values of the bias per unit.
std::size_t bias_terms(schema::Cell cell);

/// Whether the layer has numbers of its own: a Masking and an Activate have none.
bool has_weights(const Layer& layer);
/// Values that the layer puts out per step.
std::size_t output_width(const Layer& layer);
/// Values that the layer takes per step; for an embedding the number of tokens.
std::size_t input_width(const Layer& layer);
/// Those that the graph takes.
std::size_t input_width(const Graph& graph);
/// Whether the graph takes tokens.
bool takes_tokens(const Graph& graph);

/// The values that layer `index` reads, at least one.
std::vector<std::size_t> sources_of(const Graph& graph, std::size_t index);
/// The value that a value is but for its name: what a Masking passes on is what it reads.
std::size_t unmasked(const Graph& graph, std::size_t value);
/// Whether every layer reads the one before it, and nothing else.
bool is_chain(const Graph& graph);
/// The graph with embeddings in front (a saved state has their rows, and not the token), then recurrent layers, windows
/// and what these need; the rest runs where an answer is asked for.
Graph stateful_first(Graph graph);
/// How many layers read a value.
std::size_t readers_of(const Graph& graph, std::size_t value);

}  // namespace runnel::converter
