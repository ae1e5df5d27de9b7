#include "quantize/chain.hpp"

#include "error.hpp"

namespace runnel::converter {
namespace {

StoredGraph first_layers(const StoredGraph& stored, std::size_t layers) {
    StoredGraph part;
    part.graph.layers.assign(stored.graph.layers.begin(), stored.graph.layers.begin() + std::ptrdiff_t(layers));
    part.numbers.assign(stored.numbers.begin(), stored.numbers.begin() + std::ptrdiff_t(layers));
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

}  // namespace runnel::converter
