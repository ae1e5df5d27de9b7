#include "quantize/calibrate.hpp"

#include <algorithm>
#include <cmath>

#include "common/text.hpp"
#include "error.hpp"
#include "quantize/chain.hpp"

namespace runnel::converter {
namespace {

constexpr std::size_t widest_factors = 1024;  ///< columns whose covariance is kept
constexpr double most_products = 1e9;         ///< sums of so many products are accurate enough

/// The array's steps as vectors of features.
class Features {
public:
    Features(const Graph& graph, const npy::File& input)
        : array_(input.array()),
          embedding_(std::get_if<Embedding>(&graph.layers.front().kind)),
          masking_(std::get_if<Masking>(&graph.layers.front().kind)),
          step_(input_width(graph.layers.front())) {}

    /// Step `index` of all; `tokens`: as one-hot. Not for a model that takes tokens only.
    std::span<const float> at(std::size_t index, bool tokens) {
        std::fill(step_.begin(), step_.end(), 0.0f);
        if (tokens) step_[static_cast<std::size_t>(array_.value(index))] = 1;
        else
            for (std::size_t k = 0; k < step_.size(); ++k)
                step_[k] = static_cast<float>(array_.value(index * step_.size() + k));
        return step_;
    }

    /// Whether the step changes nothing.
    bool masked(std::size_t index, bool tokens) {
        if (embedding_) return embedding_->mask_zero && array_.value(index) == 0;
        if (!masking_ || tokens) return false;
        const auto step = at(index, false);
        return std::all_of(step.begin(), step.end(), [&](float x) { return x == masking_->value; });
    }

private:
    const npy::Array& array_;
    const Embedding* embedding_;
    const Masking* masking_;
    std::vector<float> step_;
};

/// Numbers that the layer's matrices multiply; 0: it has none.
std::size_t count_factors(const Layer& layer) {
    if (const auto* r = std::get_if<Recurrent>(&layer.kind)) return r->input.columns + r->units;
    if (const auto* d = std::get_if<Dense>(&layer.kind)) return d->weights.columns;
    return 0;
}

/// Looks at one layer while all sequences run.
class Observer {
public:
    Observer(const Graph& graph, const StoredGraph& stored, const npy::File& input, std::size_t index)
        : layer_(graph.layers[index]),
          input_(input),
          features_(graph, input),
          chain_(stored, index + 1),
          sequences_(input.array(), input.path(), chain_.model().info()),
          output_before_(output_width(layer_)) {
        if (sequences_.count() == 0) throw Error(input.path() + ": has no sequences");
        if (index > 0 && Chain::can_end_at(graph, index)) below_.emplace(stored, index);
    }

    void run(Magnitudes& outputs, std::optional<Moments>& factors) {
        const std::size_t width = count_factors(layer_), all = sequences_.count() * sequences_.steps();
        if (width > 0 && width <= widest_factors) factors.emplace(width);
        const auto stride = std::max<std::size_t>(1, std::size_t(double(all) * double(width * width) / most_products));
        for (std::size_t step = 0; step < all; ++step) {
            const std::size_t n = step / sequences_.steps(), t = step % sequences_.steps();
            if (t == 0) begin_sequence();
            sequences_.step(chain_.session(), n, t);
            if (below_) sequences_.step(below_->session(), n, t);
            const auto output = chain_.session().output();
            check(output, n, t);
            if (!features_.masked(step, sequences_.tokens())) {
                outputs.add(output);
                if (factors && step % stride == 0)
                    factors->add(below_ ? below_->session().output() : features_.at(step, sequences_.tokens()),
                                 output_before_);
            }
            std::copy(output.begin(), output.end(), output_before_.begin());
        }
        if (factors) factors->finish();
    }

private:
    void begin_sequence() {
        chain_.session().reset();
        if (below_) below_->session().reset();
        std::fill(output_before_.begin(), output_before_.end(), 0.0f);
    }

    void check(std::span<const float> output, std::size_t n, std::size_t t) const {
        if (std::all_of(output.begin(), output.end(), [](float y) { return std::isfinite(y); })) return;
        throw Error(input_.path() + ": sequence " + std::to_string(n) + ", step " + std::to_string(t) +
                    " (from 0): the output of layer '" + excerpt(layer_.name) + "' overflows");
    }

    const Layer& layer_;
    const npy::File& input_;
    Features features_;
    Chain chain_;
    Sequences sequences_;
    std::optional<Chain> below_;        ///< what the layer reads, unless that is the model's input
    std::vector<float> output_before_;  ///< of the step before: a recurrent layer's state
};

/// The magnitudes of the model's input. Returns whether that is tokens.
bool add_features(Magnitudes& features, const Graph& graph, const npy::File& input) {
    const Chain chain(in_float(graph));
    const Sequences sequences(input.array(), input.path(), chain.model().info());
    if (sequences.tokens()) {
        features.add(std::vector<float>{1.0f});
        return true;
    }
    Features steps(graph, input);
    for (std::size_t step = 0; step < sequences.count() * sequences.steps(); ++step)
        if (!steps.masked(step, false)) features.add(steps.at(step, false));
    return false;
}

}  // namespace

Calibration calibrate(const Graph& graph, const npy::File& input) {
    const StoredGraph stored = in_float(graph);
    const std::size_t layers = graph.layers.size();
    Calibration calibration{{}, std::vector<Magnitudes>(layers), std::vector<std::optional<Moments>>(layers)};
    for (std::size_t i = 0; i < layers; ++i)
        if (Chain::can_end_at(graph, i + 1))
            Observer(graph, stored, input, i).run(calibration.outputs[i], calibration.factors[i]);
    calibration.tokens = add_features(calibration.features, graph, input);
    return calibration;
}

}  // namespace runnel::converter
