#include "graph/graph.hpp"

#include <algorithm>
#include <numeric>

#include "base/cell.hpp"

namespace runnel::converter {
namespace {

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F> Overload(F...) -> Overload<F...>;

std::size_t sum(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0});
}

std::size_t activated(const Activation& activation, std::size_t width) {
    return activated_width(activation.function, static_cast<std::uint32_t>(width));
}

}  // namespace

std::size_t gates(schema::Cell cell) { return gates_of(Cell(cell)); }
std::size_t bias_terms(schema::Cell cell) { return bias_terms_of(Cell(cell)); }

bool has_weights(const Layer& layer) {
    return std::holds_alternative<Embedding>(layer.kind) || std::holds_alternative<Recurrent>(layer.kind) ||
           std::holds_alternative<Dense>(layer.kind);
}

std::size_t output_width(const Layer& layer) {
    return std::visit(Overload{
                          [](const Embedding& e) { return e.table.columns; },
                          [](const Masking& m) { return m.width; },
                          [](const Recurrent& r) { return r.units; },
                          [](const Dense& d) { return activated(d.activation, d.weights.rows); },
                          [](const Activate& a) { return activated(a.activation, a.width); },
                          [](const Concatenate& c) { return sum(c.widths); },
                          [](const Combine& c) { return c.width; },
                          [](const Slice& s) { return s.width; },
                          [](const Window& w) { return w.width * w.frames; },
                      },
                      layer.kind);
}

std::size_t input_width(const Layer& layer) {
    return std::visit(Overload{
                          [](const Embedding& e) { return e.table.rows; },
                          [](const Masking& m) { return m.width; },
                          [](const Recurrent& r) { return r.input.columns; },
                          [](const Dense& d) { return d.weights.columns; },
                          [](const Activate& a) { return a.width; },
                          [](const Concatenate& c) { return sum(c.widths); },
                          [](const Combine& c) { return c.width; },
                          [](const Slice& s) { return s.inputs; },
                          [](const Window& w) { return w.width; },
                      },
                      layer.kind);
}

std::size_t input_width(const Graph& graph) {
    for (std::size_t i = 0; i < graph.layers.size(); ++i)
        if (const Layer& layer = graph.layers[i];
            !std::holds_alternative<Concatenate>(layer.kind) && sources_of(graph, i)[0] == 0)
            return input_width(layer);
    return input_width(graph.layers.front());
}

bool takes_tokens(const Graph& graph) { return std::holds_alternative<Embedding>(graph.layers.front().kind); }

std::vector<std::size_t> sources_of(const Graph& graph, std::size_t index) {
    const auto& sources = graph.layers[index].sources;
    return sources.empty() ? std::vector{index} : sources;
}

std::size_t unmasked(const Graph& graph, std::size_t value) {
    while (value > 0 && std::holds_alternative<Masking>(graph.layers[value - 1].kind))
        value = sources_of(graph, value - 1)[0];
    return value;
}

bool is_chain(const Graph& graph) {
    for (std::size_t i = 0; i < graph.layers.size(); ++i)
        if (sources_of(graph, i) != std::vector{i}) return false;
    return true;
}

Graph stateful_first(Graph graph) {
    const std::size_t count = graph.layers.size();
    std::vector<char> needed(count);
    for (std::size_t i = count; i-- > 0;) {
        const auto& kind = graph.layers[i].kind;
        needed[i] |= std::holds_alternative<Recurrent>(kind) || std::holds_alternative<Window>(kind);
        for (const std::size_t value : sources_of(graph, i))
            if (needed[i] && value > 0) needed[value - 1] = true;
    }
    std::vector<std::size_t> order(count), value_of(count + 1);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto rank = [&](std::size_t i) {
        return std::holds_alternative<Embedding>(graph.layers[i].kind) ? 0 : needed[i] ? 1 : 2;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    for (std::size_t place = 0; place < count; ++place) value_of[order[place] + 1] = place + 1;
    std::vector<Layer> layers;
    for (const std::size_t i : order) {
        std::vector<std::size_t> sources = sources_of(graph, i);
        for (std::size_t& value : sources) value = value_of[value];
        if (sources == std::vector{layers.size()}) sources.clear();
        layers.push_back(std::move(graph.layers[i]));
        layers.back().sources = std::move(sources);
    }
    graph.layers = std::move(layers);
    return graph;
}

std::size_t readers_of(const Graph& graph, std::size_t value) {
    std::size_t readers = 0;
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        const auto sources = sources_of(graph, i);
        readers += std::find(sources.begin(), sources.end(), value) != sources.end();
    }
    return readers;
}

}  // namespace runnel::converter
