/// The first layers of a graph as a model of their own, so that the runtime itself shows what goes on inside.
#pragma once
#include <cstddef>
#include <vector>

#include "common/sequences.hpp"
#include "graph/stored.hpp"
#include "runnel/runnel.hpp"
#include "write/pack.hpp"

namespace runnel::converter {

class Chain {
public:
    /// 1 <= layers <= all; the last of them is neither a Masking nor an embedding that is projected or fixed.
    Chain(const StoredGraph& stored, std::size_t layers);
    explicit Chain(const StoredGraph& stored) : Chain(stored, stored.graph.layers.size()) {}

    const Model& model() const { return model_; }
    Session& session() { return *session_; }
    std::size_t file_bytes() const { return file_.bytes().size(); }

    /// Whether `Chain(stored, layers)` is possible.
    static bool can_end_at(const Graph& graph, std::size_t layers);
    static bool can_end_at(const StoredGraph& stored, std::size_t layers);

private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };

    FileImage file_;
    Model model_;
    std::vector<Line> block_;
    Session* session_ = nullptr;
};

/// Runs all sequences through two models side by side, each from zero state, and calls f(sequence, step) after each
/// step.
template <class F> void for_each_step(const npy::File& input, Chain& first, Chain& second, F f) {
    Sequences sequences(input.array(), input.path(), first.model().info());
    for (std::size_t n = 0; n < sequences.count(); ++n) {
        first.session().reset(), second.session().reset();
        for (std::size_t t = 0; t < sequences.steps(); ++t) {
            sequences.step(first.session(), n, t);
            sequences.step(second.session(), n, t);
            f(n, t);
        }
    }
}

}  // namespace runnel::converter
