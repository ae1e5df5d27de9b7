#include "graph/spare_tokens.hpp"

#include "error.hpp"

namespace runnel::converter {

void add_spare_tokens(Graph& graph, std::uint32_t count, std::uint32_t unknown) {
    auto* embedding = std::get_if<Embedding>(&graph.layers.front().kind);
    if (!embedding) throw Error("--spare-tokens: the model has no embedding to which rows could be added");
    Matrix& table = embedding->table;
    const std::vector<float> row(table.values.begin() + static_cast<std::ptrdiff_t>(unknown * table.columns),
                                 table.values.begin() + static_cast<std::ptrdiff_t>((unknown + 1) * table.columns));
    for (std::uint32_t i = 0; i < count; ++i) table.values.insert(table.values.end(), row.begin(), row.end());
    table.rows += count;
    graph.layers.front().parameters += std::uint64_t(count) * table.columns;
}

}  // namespace runnel::converter
