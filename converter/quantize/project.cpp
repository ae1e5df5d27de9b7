#include "quantize/project.hpp"

#include "base/packing.hpp"

namespace runnel::converter {

bool can_project(const Graph& graph) {
    return graph.layers.size() > 1 && std::holds_alternative<Embedding>(graph.layers[0].kind) &&
           std::holds_alternative<Recurrent>(graph.layers[1].kind) &&
           sources_of(graph, 1) == std::vector<std::size_t>{1} && readers_of(graph, 1) == 1;
}

Graph project(const Graph& graph) {
    Graph result = graph;
    auto& embedding = std::get<Embedding>(result.layers[0].kind);
    auto& recurrent = std::get<Recurrent>(result.layers[1].kind);
    const Matrix table = std::move(embedding.table), weights = std::move(recurrent.input);
    const std::size_t gate_count = gates(recurrent.cell), units = recurrent.units;
    embedding.table = Matrix(table.rows, gate_count * padded_units(units));
    embedding.projected = true;
    recurrent.input = Matrix(weights.rows, 0);
    for (std::size_t token = 0; token < table.rows; ++token)
        for (std::size_t row = 0; row < weights.rows; ++row) {
            double sum = 0;
            for (std::size_t k = 0; k < table.columns; ++k) sum += double(weights.at(row, k)) * table.at(token, k);
            embedding.table.at(token, bias_index(gate_count, units, row / units, row % units)) =
                static_cast<float>(sum);
        }
    return result;
}

}  // namespace runnel::converter
