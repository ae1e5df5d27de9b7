#include "quantize/fixed_refusals.hpp"

#include "base/limits.hpp"
#include "common/text.hpp"
#include "error.hpp"

namespace runnel::converter {
namespace {

using fixed::max_tokens;
using fixed::max_width;

void check_width(const Layer& layer, std::size_t width, std::size_t limit) {
    if (width > limit)
        refuse_fixed(layer,
                     "a fixed network is at most " + std::to_string(limit) + " wide, this is " + std::to_string(width));
}

/// Whether the order of layers and what they are can be expressed.
class Checker {
public:
    explicit Checker(const Graph& graph) {
        if (!is_chain(graph)) refuse_fixed(*first_branch(graph), "in a fixed network each layer reads the one before it");
        for (const Layer& layer : graph.layers) {
            if (softmax_) refuse_fixed(*softmax_, "a softmax of a fixed network must be its end");
            std::visit([&](const auto& kind) { check(layer, kind); }, layer.kind);
            check_width(layer, output_width(layer), max_width);
        }
        if (!dense_) refuse_fixed(graph.layers.back(), "a fixed network ends in a Dense layer");
    }

private:
    static const Layer* first_branch(const Graph& graph) {
        std::size_t i = 0;
        while (sources_of(graph, i) == std::vector{i}) ++i;
        return &graph.layers[i];
    }

    template <class Kind> void check(const Layer& layer, const Kind&) const {
        refuse_fixed(layer, "a fixed network has no such layer");
    }

    void check(const Layer& layer, const Embedding& e) const { check_width(layer, e.table.rows, max_tokens); }

    void check(const Layer& layer, const Masking&) const {
        refuse_fixed(layer, "a fixed network cannot mask features");
    }

    void check(const Layer& layer, const Activate&) const {
        refuse_fixed(layer, "a fixed network has activations only within SimpleRNN, GRU, LSTM and Dense");
    }

    void check(const Layer& layer, const Recurrent& r) {
        if (dense_) refuse_fixed(layer, "in a fixed network no Dense layer may stand before a recurrent one");
        if (r.cell == schema::Cell::gru_reset_before)
            refuse_fixed(layer, "a fixed GRU needs reset_after=True, which is Keras' default since TensorFlow 2");
        check_width(layer, r.input.columns, recurrent_ ? max_width : max_tokens);
        recurrent_ = true;
        const bool gated = r.cell != schema::Cell::simple_rnn;
        if (gated && r.activation.function != Function::tanh)
            refuse_fixed(layer, "a fixed GRU or LSTM has the activation tanh, this one '" + name(r.activation) + "'");
        if (gated && r.recurrent_activation.function != Function::sigmoid &&
            r.recurrent_activation.function != Function::hard_sigmoid)
            refuse_fixed(layer, "a fixed GRU or LSTM has the gates sigmoid or Keras 2's hard_sigmoid, this one '" +
                                    name(r.recurrent_activation) + "'");
        if (!gated) check(layer, r.activation, false);
    }

    void check(const Layer& layer, const Dense& d) {
        if (!recurrent_) refuse_fixed(layer, "in a fixed network no Dense layer may stand before a recurrent one");
        dense_ = true;
        check(layer, d.activation, true);
        if (d.activation.function == Function::softmax) softmax_ = &layer;
    }

    static void check(const Layer& layer, const Activation& activation, bool may_be_softmax) {
        if (!fixed::has_function(activation.function) || (activation.function == Function::softmax && !may_be_softmax))
            refuse_fixed(layer, "a fixed network has no activation '" + name(activation) + "'");
    }

    static std::string name(const Activation& activation) {
        return schema::EnumNameFunction(static_cast<schema::Function>(activation.function));
    }

    bool recurrent_ = false, dense_ = false;
    const Layer* softmax_ = nullptr;
};

}  // namespace

void check_fixed(const Graph& graph) { Checker checker(graph); }

void refuse_fixed(const Layer& layer, const std::string& why) {
    throw Error("layer '" + excerpt(layer.name) + "': " + why + "; --quantize int8x16 takes every network");
}

}  // namespace runnel::converter
