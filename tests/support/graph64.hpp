/// A graph in float64, a step at a time: the reference for what sessions make of it.
#pragma once
#include <algorithm>
#include <variant>

#include "graph/graph.hpp"
#include "support/float64.hpp"

namespace runnel::test {

class Graph64 {
public:
    explicit Graph64(const converter::Graph& graph) : graph_(graph) { reset(); }

    void reset() {
        const std::size_t count = graph_.layers.size();
        values_.assign(count + 1, {}), h_.assign(count, {}), c_.assign(count, {}), past_.assign(count, {});
        largest_.resize(count), steps_ = 0;
        for (std::size_t i = 0; i < count; ++i) {
            values_[i + 1].resize(converter::output_width(graph_.layers[i]));
            h_[i].resize(values_[i + 1].size()), c_[i].resize(values_[i + 1].size());
        }
    }

    /// The answer to all steps so far; a masked one changes nothing.
    const Vector& step(const Vector& features) {
        if (const auto* m = std::get_if<converter::Masking>(&graph_.layers[0].kind))
            if (std::all_of(features.begin(), features.end(), [&](double x) { return x == m->value; }))
                return values_.back();
        values_[0] = features;
        std::vector<std::size_t> waits{0};  // of each value: steps without one
        for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
            sources_ = converter::sources_of(graph_, i);
            const auto* window = std::get_if<converter::Window>(&graph_.layers[i].kind);
            waits.push_back(waits[sources_[0]] +
                            (window && window->whole ? (window->frames - 1) * window->dilation : 0));
            if (steps_ < waits[sources_[0]]) {
                values_[i + 1].assign(converter::output_width(graph_.layers[i]), 0);
                continue;
            }
            std::visit([&](const auto& kind) { values_[i + 1] = output(kind, i); }, graph_.layers[i].kind);
            for (const double x : values_[i + 1]) largest_[i] = std::max(largest_[i], std::fabs(x));
        }
        ++steps_;
        return values_.back();
    }

    /// The largest magnitude of all outputs of a layer so far.
    double largest(std::size_t layer) const { return largest_[layer]; }

private:
    const Vector& source(std::size_t k = 0) const { return values_[sources_[k]]; }

    static Vector activated(Activation f, Vector x) {
        if (f.function != Function::softmax) {
            for (double& v : x) v = activation(f, v);
            return x;
        }
        const double largest = *std::max_element(x.begin(), x.end());
        double sum = 0;
        for (double& v : x) sum += v = std::exp(v - largest);
        for (double& v : x) v /= sum;
        return x;
    }

    Vector output(const converter::Recurrent& r, std::size_t i) {
        const Cell64 cell{int(r.cell),        r.input.columns, r.units,      r.input.values,
                          r.recurrent.values, r.bias,          r.activation, r.recurrent_activation};
        cell.step(source(), h_[i], c_[i]);
        return h_[i];
    }
    Vector output(const converter::Dense& d, std::size_t) const {
        Vector y(d.weights.rows);
        for (std::size_t j = 0; j < y.size(); ++j) y[j] = row_times(d.weights.values, j, source()) + double(d.bias[j]);
        return activated(d.activation, std::move(y));
    }
    Vector output(const converter::Activate& a, std::size_t) const { return activated(a.activation, source()); }
    Vector output(const converter::Concatenate&, std::size_t) const {
        Vector y;
        for (std::size_t k = 0; k < sources_.size(); ++k) y.insert(y.end(), source(k).begin(), source(k).end());
        return y;
    }
    Vector output(const converter::Combine& c, std::size_t) const {
        Vector y = source();
        for (std::size_t k = 1; k < sources_.size(); ++k)
            for (std::size_t j = 0; j < y.size(); ++j) {
                const double x = source(k)[j];
                switch (c.operation) {
                case schema::Operation::subtract:
                    y[j] -= x;
                    break;
                case schema::Operation::multiply:
                    y[j] *= x;
                    break;
                case schema::Operation::maximum:
                    y[j] = std::max(y[j], x);
                    break;
                case schema::Operation::minimum:
                    y[j] = std::min(y[j], x);
                    break;
                default:
                    y[j] += x;
                }
            }
        if (c.operation == schema::Operation::average)
            for (double& v : y) v /= double(sources_.size());
        return y;
    }
    Vector output(const converter::Slice& s, std::size_t) const {
        const auto first = source().begin() + std::ptrdiff_t(s.first);
        return {first, first + std::ptrdiff_t(s.width)};
    }
    Vector output(const converter::Window& w, std::size_t i) {
        auto& past = past_[i];
        past.push_back(source());
        Vector y;
        for (std::size_t age = w.frames; age-- > 0;) {
            const bool is_there = age * w.dilation < past.size();
            const Vector frame = is_there ? past[past.size() - 1 - age * w.dilation] : Vector(w.width);
            y.insert(y.end(), frame.begin(), frame.end());
        }
        return y;
    }
    Vector output(const converter::Embedding& e, std::size_t) const {
        const auto row = e.table.values.begin() + std::ptrdiff_t(std::size_t(source()[0]) * e.table.columns);
        return {row, row + std::ptrdiff_t(e.table.columns)};
    }
    Vector output(const converter::Masking&, std::size_t) const { return source(); }

    const converter::Graph& graph_;
    std::vector<Vector> values_, h_, c_;
    std::vector<std::vector<Vector>> past_;  ///< what each window has read
    std::vector<double> largest_;
    std::size_t steps_ = 0;
    std::vector<std::size_t> sources_;
};

}  // namespace runnel::test
