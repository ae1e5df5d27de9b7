#include "quantize/calibrate.hpp"

#include <algorithm>
#include <cmath>

#include "error.hpp"
#include "quantize/chain.hpp"

namespace runnel::converter {
namespace {

/// The features of all steps but masked ones.
void add_features(Magnitudes& features, const Graph& graph, const npy::Array& array) {
    const auto* masking = std::get_if<Masking>(&graph.layers.front().kind);
    std::vector<float> step(array.shape().back());
    for (std::size_t at = 0; at < array.size(); at += step.size()) {
        for (std::size_t k = 0; k < step.size(); ++k) step[k] = static_cast<float>(array.value(at + k));
        const bool masked = masking && std::all_of(step.begin(), step.end(), [&](float x) { return x == masking->value; });
        if (!masked) features.add(step);
    }
}

}  // namespace

Ranges calibrate(const Graph& graph, const npy::File& input) {
    const StoredGraph stored = in_float(graph);
    Ranges ranges;
    ranges.outputs.resize(graph.layers.size());
    bool tokens = false;
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        if (!Chain::can_end_at(graph, i + 1)) continue;
        Chain chain(stored, i + 1);
        Sequences sequences(input.array(), input.path(), chain.model().info());
        if (sequences.count() == 0) throw Error(input.path() + ": has no sequences");
        tokens = sequences.tokens();
        for_each_step(sequences, chain.session(), [&](std::size_t n, std::size_t t) {
            const auto output = chain.session().output();
            if (!std::all_of(output.begin(), output.end(), [](float y) { return std::isfinite(y); }))
                throw Error(input.path() + ": sequence " + std::to_string(n) + ", step " + std::to_string(t) +
                            " (from 0): the output of layer '" + graph.layers[i].name + "' overflows");
            ranges.outputs[i].add(output);
        });
    }
    if (tokens) ranges.features.add(std::vector<float>{1.0f});
    else add_features(ranges.features, graph, input.array());
    return ranges;
}

}  // namespace runnel::converter
