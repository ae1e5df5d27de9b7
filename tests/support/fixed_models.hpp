/// The small random models of support/models.hpp in integers, rounded plainly.
#pragma once
#include <cmath>

#include "support/models.hpp"

namespace runnel::test {

/// All matrices get 12 fraction bits (fixed8: 5), biases 26, features and unbounded states 11. `one_hot`: the features
/// of the first layer are the token's.
inline converter::StoredGraph in_fixed(const Graph& graph, schema::Format format, bool one_hot = false) {
    const int bits = format == schema::Format::fixed ? 12 : 5;
    const auto codes = [&](const converter::Matrix& m, bool transposed) {
        std::vector<std::int16_t> rounded(m.values.size());
        for (std::size_t r = 0; r < m.rows; ++r)
            for (std::size_t c = 0; c < m.columns; ++c)
                rounded[transposed ? c * m.rows + r : r * m.columns + c] =
                    std::int16_t(std::lround(std::ldexp(m.at(r, c), bits)));
        return rounded;
    };
    converter::StoredGraph stored = converter::in_float(graph);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        converter::FixedNumbers& numbers = stored.numbers[i].fixed.emplace();
        stored.numbers[i].format = format;
        numbers.weight_bits = numbers.recurrent_bits = bits;
        numbers.input_bits = numbers.state_bits = 11;
        const auto add_biases = [&](const float* values, std::size_t count) {
            for (std::size_t k = 0; k < count; ++k)
                numbers.biases.push_back(std::int32_t(std::lround(std::ldexp(values[k], 26))));
        };
        if (const auto* e = std::get_if<converter::Embedding>(&graph.layers[i].kind)) {
            numbers.kernel = codes(e->table, false);
        } else if (const auto* r = std::get_if<converter::Recurrent>(&graph.layers[i].kind)) {
            numbers.one_hot = i == 0 && one_hot;
            numbers.kernel = codes(r->input, numbers.one_hot);
            numbers.recurrent = codes(r->recurrent, false);
            const std::size_t rows = r->input.rows, units = r->units;
            add_biases(r->bias.data(), rows);
            if (r->cell == schema::Cell::gru) {
                numbers.biases.resize(rows + 2 * units);  // those of z and r stand with the input part
                add_biases(r->bias.data() + rows, units);
            }
        } else if (const auto* d = std::get_if<converter::Dense>(&graph.layers[i].kind)) {
            numbers.kernel = codes(d->weights, false);
            add_biases(d->bias.data(), d->bias.size());
        }
    }
    return stored;
}

/// fixed8: the same codes, with 0 to 2 fraction bits more in each row.
inline converter::StoredGraph with_finer_rows(converter::StoredGraph stored) {
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        converter::FixedNumbers& numbers = *stored.numbers[i].fixed;
        const auto& kind = stored.graph.layers[i].kind;
        std::size_t rows = 0;
        if (const auto* e = std::get_if<converter::Embedding>(&kind)) rows = e->table.rows;
        if (const auto* d = std::get_if<converter::Dense>(&kind)) rows = d->weights.rows;
        if (const auto* r = std::get_if<converter::Recurrent>(&kind))
            rows = (numbers.one_hot ? r->input.columns : r->input.rows) + r->recurrent.rows;
        for (std::size_t row = 0; row < rows; ++row) numbers.finer.push_back(std::uint8_t(row % 3));
    }
    return stored;
}

inline FileImage fixed_file_of(const Graph& graph, schema::Format format = schema::Format::fixed,
                               bool one_hot = false) {
    return converter::pack(in_fixed(graph, format, one_hot), {});
}

}  // namespace runnel::test
