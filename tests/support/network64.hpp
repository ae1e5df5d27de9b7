/// A chain of layers in float64, by Keras' formulas: the reference of whole networks.
#pragma once
#include <algorithm>
#include <variant>

#include "graph/graph.hpp"
#include "support/float64.hpp"

namespace runnel::test {

class Network64 {
public:
    explicit Network64(const converter::Graph& graph) : graph_(graph), states_(graph.layers.size()) { reset(); }

    void reset() {
        for (std::size_t i = 0; i < states_.size(); ++i)
            states_[i] = {Vector(converter::output_width(graph_.layers[i])),
                          Vector(converter::output_width(graph_.layers[i]))};
    }
    /// The network's output after one step more; a masked one changes nothing.
    const Vector& step(const std::vector<float>& features) {
        if (const auto* m = std::get_if<converter::Masking>(&graph_.layers[0].kind))
            if (std::all_of(features.begin(), features.end(), [&](float x) { return x == m->value; })) return x_;
        x_.assign(features.begin(), features.end());
        for (std::size_t i = 0; i < states_.size(); ++i) {
            std::visit([&](const auto& layer) { run(layer, states_[i]); }, graph_.layers[i].kind);
            for (const double x : x_) states_[i].largest = std::max(states_[i].largest, std::fabs(x));
        }
        return x_;
    }
    /// Of all outputs of a layer so far.
    double largest(std::size_t layer) const { return states_[layer].largest; }

private:
    struct State {
        Vector h, c;
        double largest = 0;
    };

    void run(const converter::Embedding&, State&) {}
    void run(const converter::Masking&, State&) {}
    void run(const converter::Recurrent& r, State& s) {
        const Cell64 cell{int(r.cell),        r.input.columns, r.units,      r.input.values,
                          r.recurrent.values, r.bias,          r.activation, r.recurrent_activation};
        cell.step(x_, s.h, s.c);
        x_ = s.h;
    }
    void run(const converter::Dense& d, State& s) {
        for (std::size_t u = 0; u < s.h.size(); ++u) s.h[u] = row_times(d.weights.values, u, x_) + double(d.bias[u]);
        x_ = s.h;
        activate(d.activation);
    }
    void run(const converter::Activate& a, State&) { activate(a.activation); }
    void activate(Activation f) {
        if (f.function != Function::softmax) {
            for (double& x : x_) x = activation(f, x);
            return;
        }
        const double largest = *std::max_element(x_.begin(), x_.end());
        double sum = 0;
        for (double& x : x_) sum += x = std::exp(x - largest);
        for (double& x : x_) x /= sum;
    }

    const converter::Graph& graph_;
    std::vector<State> states_;
    Vector x_;
};

}  // namespace runnel::test
