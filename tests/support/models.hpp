/// Small models with random weights, packed as the converter packs them.
#pragma once
#include <cmath>
#include <string>
#include <utility>

#include "graph/graph.hpp"
#include "support/random.hpp"
#include "write/pack.hpp"

namespace runnel::test {

using converter::FileImage;
using converter::Graph;

inline converter::Matrix random_matrix(std::size_t rows, std::size_t columns, float range, unsigned seed) {
    converter::Matrix m(rows, columns);
    m.values = uniform(rows * columns, range, seed);
    return m;
}

inline converter::Layer embedding(std::size_t tokens, std::size_t width, bool mask_zero = false) {
    return {"embedding", tokens * width, converter::Embedding{random_matrix(tokens, width, 0.5f, 11), mask_zero}};
}

inline converter::Layer recurrent(schema::Cell cell, std::size_t inputs, std::size_t units, unsigned seed = 21) {
    const std::size_t rows = converter::gates(cell) * units, terms = converter::bias_terms(cell);
    const float range = 1.5f / std::sqrt(float(units));
    converter::Recurrent r{cell, units, random_matrix(rows, inputs, range, seed),
                           random_matrix(rows, units, range, seed + 1), uniform(terms * units, 0.3f, seed + 2),
                           {Function::tanh, 0}, {Function::sigmoid, 0}};
    return {"recurrent_" + std::to_string(seed), rows * (inputs + units) + terms * units, std::move(r)};
}

inline converter::Layer dense(std::size_t inputs, std::size_t units, Function function) {
    return {"dense", units * (inputs + 1),
            converter::Dense{random_matrix(units, inputs, 1.0f, 31), uniform(units, 0.5f, 32), {function, 0}}};
}

/// Embedding(50, 5) + the cell with 9 units + Dense(3, softmax).
inline Graph token_graph(schema::Cell cell, bool mask_zero = false) {
    Graph g;
    g.layers = {embedding(50, 5, mask_zero), recurrent(cell, 5, 9), dense(9, 3, Function::softmax)};
    return g;
}

/// The cell with 20 units on 4 features, a second one with 7 units + Dense(1, sigmoid).
inline Graph feature_graph(schema::Cell cell) {
    Graph g;
    g.layers = {recurrent(cell, 4, 20), recurrent(cell, 20, 7, 41), dense(7, 1, Function::sigmoid)};
    return g;
}

inline FileImage file_of(const Graph& graph) { return converter::pack(graph, {}); }

}  // namespace runnel::test
