/// Networks with branches, of random weights.
#pragma once
#include "support/models.hpp"

namespace runnel::test {

inline converter::Layer reading(converter::Layer layer, std::vector<std::size_t> values) {
    layer.sources = std::move(values);
    return layer;
}
inline converter::Layer concatenate(std::vector<std::size_t> widths, std::vector<std::size_t> values) {
    return reading({"concatenate", 0, converter::Concatenate{std::move(widths)}}, std::move(values));
}
inline converter::Layer combine(schema::Operation operation, std::size_t width, std::vector<std::size_t> values) {
    return reading({"combine", 0, converter::Combine{operation, width}}, std::move(values));
}
inline converter::Layer slice(std::size_t inputs, std::size_t first, std::size_t width, std::size_t value) {
    return reading({"slice", 0, converter::Slice{inputs, first, width}}, {value});
}

/// 6 features -> Dense(5) -> cell(9); with the features: cell(4). Its answer: two outputs and, past all state,
/// features.
inline Graph branched_graph(schema::Cell cell) {
    Graph g;
    g.layers = {dense(6, 5, Function::tanh),                     // 1
                recurrent(cell, 5, 9),                           // 2
                concatenate({5, 9, 6}, {1, 2, 0}),               // 3
                recurrent(cell, 20, 4, 41),                      // 4
                reading(dense(9, 2, Function::sigmoid), {2}),    // 5
                reading(dense(4, 2, Function::linear), {4}),     // 6
                combine(schema::Operation::maximum, 2, {5, 6}),  // 7
                slice(6, 3, 2, 0),                               // 8
                combine(schema::Operation::average, 2, {7, 8, 6}),
                concatenate({2, 2, 5}, {9, 5, 1})};
    g.outputs = {{"mean", 2}, {"gate", 2}, {"dense", 5}};
    return g;
}

/// 3 features -> a convolution of `frames` steps to 4 -> cell(5), beside it a second one over the state -> Dense(2).
inline Graph convolved_graph(schema::Cell cell, std::size_t frames, std::size_t dilation, bool whole) {
    Graph g;
    g.layers = {{"window", 0, converter::Window{3, frames, dilation, whole}},  // 1
                dense(3 * frames, 4, Function::relu),
                recurrent(cell, 4, 5),  // 3
                {"second", 0, converter::Window{5, 2, 1, whole}},
                concatenate({10, 10}, {4, 4}),
                dense(20, 2, Function::tanh)};
    return g;
}

/// One of each operation over two halves of 8 features, behind a cell.
inline Graph combined_graph(schema::Operation operation) {
    Graph g;
    g.layers = {slice(8, 0, 4, 0), slice(8, 4, 4, 0), recurrent(schema::Cell::gru, 4, 4), combine(operation, 4, {1, 3}),
                dense(4, 3, Function::tanh)};
    g.layers[2].sources = {2};
    g.inputs = {{"left", 4}, {"right", 4}};
    return g;
}

/// 12 tokens -> Embedding(5) -> cell(3), beside a Dense of the embedding itself.
inline Graph token_branches(schema::Cell cell) {
    Graph g;
    g.layers = {embedding(12, 5), recurrent(cell, 5, 3), reading(dense(5, 3, Function::relu), {1}),
                combine(schema::Operation::add, 3, {2, 3})};
    return g;
}

}  // namespace runnel::test
