/// Networks that between them hold every layer, activation, loss and way of the tokens.
#pragma once
#include <vector>

#include "runnel/trainer.hpp"

namespace twin {

using namespace runnel::training;

struct Network {
    const char* name;
    std::vector<Layer> layers;
    Loss loss;
    uint32_t truncate = 0;

    Specification specification(uint32_t batch, uint32_t steps) const {
        return {.layers = layers.data(),
                .layer_count = uint32_t(layers.size()),
                .batch = batch,
                .steps = steps,
                .truncate = truncate,
                .loss = loss};
    }
};

inline Layer with_dropout(Layer l, double inputs, double state) {
    l.dropout = uint16_t(inputs * 65536);
    l.recurrent_dropout = uint16_t(state * 65536);
    return l;
}
inline Layer with_dropout_each_step(Layer l, double inputs) {
    l = with_dropout(l, inputs, 0);
    l.dropout_each_step = true;
    return l;
}
inline Layer with_activation(Layer l, Function f) {
    l.activation = f;
    return l;
}
inline Layer with_gates(Layer l, Function f) {
    l.recurrent_activation = f;
    return l;
}

inline Layer linear_cell(uint32_t units, int8_t state_bits) {
    Layer l = with_activation(simple_rnn(units), Function::linear);
    l.state_bits = state_bits;
    return l;
}

inline std::vector<Network> networks() {
    using enum Function;
    using enum Loss;
    return {
        {"Embedding, GRU", {embedding(50, 16), gru(8), dense(1, sigmoid)}, binary_crossentropy},
        {"Embedding, LSTM", {embedding(50, 16), lstm(8), dense(1, sigmoid)}, binary_crossentropy},
        {"Embedding, SimpleRNN", {embedding(50, 16), simple_rnn(8), dense(1, sigmoid)}, binary_crossentropy},
        {"one-hot, SimpleRNN", {one_hot(50), simple_rnn(8), dense(1, sigmoid)}, binary_crossentropy},
        {"one-hot, GRU of 5", {one_hot(50), gru(5), dense(1, sigmoid)}, binary_crossentropy},
        {"two LSTM", {embedding(50, 16), lstm(8), lstm(8), dense(1, sigmoid)}, binary_crossentropy},
        {"masked, three cells, two Dense, softmax",
         {embedding(50, 7, true), gru(6), simple_rnn(5), lstm(4), dense(3, relu), dense(4, softmax)},
         sparse_categorical_crossentropy},
        {"one-hot targets", {embedding(50, 9), gru(6), dense(3, softmax)}, categorical_crossentropy},
        {"dropout",
         {embedding(50, 16), with_dropout(lstm(8), 0.3, 0.2), with_dropout(gru(8), 0.3, 0.2),
          with_dropout(dense(1, sigmoid), 0.5, 0)},
         binary_crossentropy},
        {"dropout between recurrent layers, of each step",
         {embedding(50, 16), lstm(8), with_dropout_each_step(gru(8), 0.3), with_dropout_each_step(lstm(6), 0.2),
          dense(1, sigmoid)},
         binary_crossentropy},
        {"features, MSE", {features(3, 12), gru(8), dense(4, tanh), dense(2, linear)}, mean_squared_error},
        {"features, relu cell",
         {features(3, 12), with_activation(simple_rnn(8), relu), dense(2, hard_sigmoid)},
         mean_squared_error},
        {"sigmoid cell, linear cell",
         {features(3, 12), with_activation(simple_rnn(6), sigmoid), linear_cell(4, 10), dense(2, linear)},
         mean_squared_error},
        {"hard gates, truncated",
         {embedding(50, 16), with_gates(lstm(8), hard_sigmoid), with_gates(gru(8), hard_sigmoid), dense(1, sigmoid)},
         binary_crossentropy,
         10},
        {"more tokens than places", {embedding(3000, 8), gru(8), dense(1, sigmoid)}, binary_crossentropy},
    };
}

}  // namespace twin
