/// The small random models of support/models.hpp in fewer bits, rounded plainly.
#pragma once
#include <algorithm>
#include <cmath>

#include "support/models.hpp"

namespace runnel::test {

/// Codes of each `width` values, with one scale, of largest magnitude `limit`.
inline void code(const std::vector<float>& values, std::size_t width, float limit, std::vector<std::int8_t>& codes,
                 std::vector<float>& scales) {
    for (std::size_t first = 0; first < values.size(); first += width) {
        float top = 1e-6f;
        for (std::size_t i = 0; i < width; ++i) top = std::max(top, std::fabs(values[first + i]));
        scales.push_back(top / limit);
        for (std::size_t i = 0; i < width; ++i)
            codes.push_back(std::int8_t(std::lround(values[first + i] / scales.back())));
    }
}

/// Matrices in that format (f16, int8, int8x16), the embedding's rows in theirs (f32, f16, int8, int4). `dynamic`:
/// ranges are found anew in each step; else all inputs and states reach to 4.
inline converter::StoredGraph in_format(const Graph& graph, schema::Format matrices, schema::Format rows,
                                        bool dynamic = false) {
    converter::StoredGraph stored = converter::in_float(graph);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        converter::Numbers& n = stored.numbers[i];
        if (const auto* e = std::get_if<converter::Embedding>(&graph.layers[i].kind)) {
            n.format = rows;
            if (rows == schema::Format::int8) code(e->table.values, e->table.columns, 127, n.input, n.input_scales);
            if (rows == schema::Format::int4) code(e->table.values, 32, 7, n.input, n.input_scales);
            continue;
        }
        const auto* r = std::get_if<converter::Recurrent>(&graph.layers[i].kind);
        const auto* d = std::get_if<converter::Dense>(&graph.layers[i].kind);
        if (!r && !d) continue;
        n.format = matrices;
        if (matrices != schema::Format::int8 && matrices != schema::Format::int8x16) continue;
        const float value = dynamic ? 0 : 4.0f / (matrices == schema::Format::int8 ? 127 : 32767);
        n.input_scale = n.state_scale = value;
        n.apart = dynamic;
        const converter::Matrix& input = r ? r->input : d->weights;
        if (input.columns) code(input.values, input.columns, 127, n.input, n.input_scales);
        else n.input_scales.assign(input.rows, 1);  // behind a projected embedding
        if (r) code(r->recurrent.values, r->units, 127, n.recurrent, n.recurrent_scales);
        if (dynamic) continue;
        for (float& scale : n.input_scales) scale *= value;
        for (float& scale : n.recurrent_scales) scale *= value;
    }
    return stored;
}

inline FileImage quantized_file_of(const Graph& graph, schema::Format matrices, schema::Format rows,
                                   bool dynamic = false) {
    return converter::pack(in_format(graph, matrices, rows, dynamic), {});
}

}  // namespace runnel::test
