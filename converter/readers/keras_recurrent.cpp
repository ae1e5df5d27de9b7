#include <map>
#include <utility>

#include "readers/keras_activation.hpp"
#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

using schema::Cell;

/// A layer's cell: the layer itself, or within RNN its "cell".
struct CellConfig {
    Cell family;  ///< simple_rnn, gru or lstm
    bool cudnn;
    Json config;
};

struct Class {
    Cell family;
    bool cudnn;
};

const std::map<std::string, Class> layer_classes = {
    {"SimpleRNN", {Cell::simple_rnn, false}}, {"GRU", {Cell::gru, false}},     {"LSTM", {Cell::lstm, false}},
    {"CuDNNGRU", {Cell::gru, true}},          {"CuDNNLSTM", {Cell::lstm, true}},
};
const std::map<std::string, Class> cell_classes = {
    {"SimpleRNNCell", {Cell::simple_rnn, false}}, {"GRUCell", {Cell::gru, false}}, {"LSTMCell", {Cell::lstm, false}},
};

CellConfig parse_cell(const LayerConfig& layer) {
    if (layer.class_name != "RNN") {
        const Class& c = layer_classes.at(layer.class_name);
        return {c.family, c.cudnn, layer.config};
    }
    if (!layer.config.contains("cell")) throw layer_error(layer, "has no cell");
    const LayerConfig cell = parse_layer(layer.config.at("cell"));
    const auto found = cell_classes.find(cell.class_name);
    if (found == cell_classes.end())
        throw layer_error(layer, "its cell " + cell.class_name + ": " + refusal(cell.class_name));
    if (!cell.config.is_object()) throw layer_error(layer, "its cell has no configuration");
    return {found->second.family, found->second.cudnn, cell.config};
}

void check_options(const LayerConfig& layer, const CellConfig& cell, const Flow& flow) {
    const Json& config = layer.config;
    if (flag(layer, config, "go_backwards", false))
        throw layer_error(layer, "reads the sequence from its end (go_backwards), where a stream goes forward; train "
                                 "it forward");
    if (flag(layer, config, "return_state", false))
        throw layer_error(layer, "returns its state as a second output (return_state); only a single chain can be "
                                 "converted, and the runtime saves states by itself");
    if (flag(layer, config, "time_major", false))
        throw layer_error(layer, "takes the time as the first axis (time_major); save the model without it");
    if (!flow.sequence)
        throw layer_error(layer, flow.recurrent
                                     ? "comes after a recurrent layer that does not return sequences"
                                     : "takes a sequence, but what comes in has no axis of time");
    if (flow.masked && cell.cudnn) throw layer_error(layer, "cannot take a mask; use " + layer.class_name.substr(5));
    if (flow.masked && flag(layer, config, "zero_output_for_mask", false))
        throw layer_error(layer, "puts out zeros for masked steps (zero_output_for_mask), where Runnel skips such "
                                 "steps and keeps the last output; save the model without it");
}

/// CuDNN's arrays hold, for each gate, the C-order elements of a [units][inputs] matrix under a declared shape of
/// [inputs][units] (Keras' preprocess_weights_for_loading: transpose_input).
Matrix from_cudnn(const std::vector<float>& kernel, std::size_t gate_count, std::size_t inputs, std::size_t units) {
    Matrix result(gate_count * units, inputs);
    for (std::size_t gate = 0; gate < gate_count; ++gate)
        for (std::size_t unit = 0; unit < units; ++unit)
            for (std::size_t i = 0; i < inputs; ++i) {
                const std::size_t flat = unit * inputs + i;
                result.at(gate * units + unit, i) =
                    kernel[flat / units * gate_count * units + gate * units + flat % units];
            }
    return result;
}

/// Two biases [2][gates * units], for the input and for the recurrent part, to the terms of the graph.
std::vector<float> merge_biases(Cell cell, const std::vector<float>& both, std::size_t units) {
    const std::size_t rows = both.size() / 2;
    std::vector<float> bias(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(rows));
    const std::size_t summed = cell == Cell::gru ? 2 * units : rows;
    for (std::size_t i = 0; i < summed; ++i) bias[i] += both[rows + i];
    bias.insert(bias.end(), both.begin() + static_cast<std::ptrdiff_t>(rows + summed), both.end());
    return bias;
}

struct Biases {
    Hdf5File::Shape shape;
    bool two;  ///< one for the input and one for the recurrent part
};

Biases bias_layout(Cell cell, bool cudnn, std::size_t rows) {
    if (cudnn) return {{2 * rows}, true};
    if (cell == Cell::gru) return {{2, rows}, true};
    return {{rows}, false};
}

void parse_activations(const LayerConfig& layer, const CellConfig& cell, int keras_major, Recurrent& result) {
    result.activation = {Function::tanh, 0};
    result.recurrent_activation = {Function::sigmoid, 0};
    if (cell.cudnn) return;
    result.activation = parse_activation(layer, cell.config, "activation", "tanh", keras_major);
    if (cell.family != Cell::simple_rnn) {
        const char* absent = keras_major >= 3 ? "sigmoid" : "hard_sigmoid";
        result.recurrent_activation =
            parse_activation(layer, cell.config, "recurrent_activation", absent, keras_major);
    }
    for (const Activation& a : {result.activation, result.recurrent_activation})
        if (!is_elementwise(a.function))
            throw layer_error(layer, "its activation mixes the units of the layer (softmax and the like), which a "
                                     "recurrent layer of Runnel cannot; use one that acts on each unit alone");
}

}  // namespace

bool is_recurrent(const std::string& class_name) { return class_name == "RNN" || layer_classes.contains(class_name); }

Layer read_recurrent(const LayerConfig& layer, const Source& source, Flow& flow) {
    const CellConfig cell = parse_cell(layer);
    check_options(layer, cell, flow);

    Recurrent result;
    result.cell = cell.family;
    if (cell.family == Cell::gru && !cell.cudnn && !flag(layer, cell.config, "reset_after", source.keras_major >= 3))
        result.cell = Cell::gru_reset_before;
    parse_activations(layer, cell, source.keras_major, result);

    result.units = positive(layer, cell.config, "units");
    const bool has_bias = cell.cudnn || flag(layer, cell.config, "use_bias", true);
    const auto paths = source.weights.arrays(layer, "cell");
    expect_count(layer, paths, has_bias ? 3 : 2);
    if (!flow.width) {
        const auto shape = source.weights.shape(layer, paths[0]);
        flow.width = shape.empty() ? 0 : shape[0];
    }
    const std::size_t inputs = *flow.width, units = result.units, rows = gates(result.cell) * units;
    const auto kernel = source.weights.read(layer, paths[0], {inputs, rows});
    const auto recurrent = source.weights.read(layer, paths[1], {units, rows});
    result.input =
        cell.cudnn ? from_cudnn(kernel, gates(result.cell), inputs, units) : transposed(kernel, inputs, rows);
    result.recurrent =
        cell.cudnn ? from_cudnn(recurrent, gates(result.cell), units, units) : transposed(recurrent, units, rows);

    const Biases biases = bias_layout(result.cell, cell.cudnn, rows);
    result.bias.assign(bias_terms(result.cell) * units, 0.0f);
    if (has_bias) {
        result.bias = source.weights.read(layer, paths[2], biases.shape);
        if (biases.two) result.bias = merge_biases(result.cell, result.bias, units);
    }

    flow.width = units;
    flow.recurrent = true;
    flow.sequence = flag(layer, layer.config, "return_sequences", false);
    flow.masked = flow.masked && flow.sequence;
    flow.stateful = flow.stateful || flag(layer, layer.config, "stateful", false);
    const std::size_t bias_parameters = has_bias ? rows * (biases.two ? 2 : 1) : 0;
    Layer read{layer.name, inputs * rows + units * rows + bias_parameters, std::move(result)};
    take_training(read, share(layer, cell.config, "dropout"), flow);
    read.recurrent_dropout = share(layer, cell.config, "recurrent_dropout");
    return read;
}

}  // namespace runnel::converter::keras
