#include "quantize/chain.hpp"

#include "error.hpp"

namespace runnel::converter {
namespace {

/// Puts out the state of a fixed network's recurrent layer, which must not be the last: y = 1 x.
void add_identity(StoredGraph& part) {
    const std::size_t width = output_width(part.graph.layers.back());
    Numbers numbers;
    numbers.format = part.numbers.back().format;
    FixedNumbers& fixed = numbers.fixed.emplace();
    fixed.weight_bits = 6;
    fixed.kernel.resize(width * width);
    for (std::size_t i = 0; i < width; ++i) fixed.kernel[i * width + i] = 1 << fixed.weight_bits;
    fixed.biases.resize(width);
    part.graph.layers.push_back({"state", 0, Dense{Matrix(width, width), {}, {Function::linear, 0}}});
    part.numbers.push_back(std::move(numbers));
}

StoredGraph first_layers(const StoredGraph& stored, std::size_t layers) {
    StoredGraph part;
    part.graph.layers.assign(stored.graph.layers.begin(), stored.graph.layers.begin() + std::ptrdiff_t(layers));
    part.numbers.assign(stored.numbers.begin(), stored.numbers.begin() + std::ptrdiff_t(layers));
    const bool needs_dense =
        part.numbers.back().fixed && std::holds_alternative<Recurrent>(part.graph.layers.back().kind);
    if (needs_dense) add_identity(part);
    return part;
}

void check(Status status) {
    if (status != Status::ok) throw Error(std::string("the runtime refuses a part of the model: ") + message(status));
}

}  // namespace

Chain::Chain(const StoredGraph& stored, std::size_t layers) : file_(pack(first_layers(stored, layers), {})) {
    check(model_.load(file_.bytes().data(), file_.bytes().size()));
    block_.resize(Session::bytes(model_) / sizeof(Line));
    check(Session::create(model_, block_.data(), Session::bytes(model_), session_));
}

bool Chain::can_end_at(const Graph& graph, std::size_t layers) {
    const auto& last = graph.layers[layers - 1].kind;
    const auto* embedding = std::get_if<Embedding>(&last);
    return !std::holds_alternative<Masking>(last) && !(embedding && embedding->projected);
}

bool Chain::can_end_at(const StoredGraph& stored, std::size_t layers) {
    const bool fixed_embedding = stored.numbers[layers - 1].fixed.has_value() &&
                                 std::holds_alternative<Embedding>(stored.graph.layers[layers - 1].kind);
    return !fixed_embedding && can_end_at(stored.graph, layers);
}

}  // namespace runnel::converter
