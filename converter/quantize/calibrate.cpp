#include "quantize/calibrate.hpp"

#include <algorithm>
#include <cmath>

#include "common/text.hpp"
#include "error.hpp"
#include "run/running_model.hpp"

namespace runnel::converter {
namespace {

constexpr std::size_t widest_moments = 1024;  ///< columns whose covariance is kept
constexpr double most_products = 1e9;         ///< sums of so many products are accurate enough

/// The array's steps as vectors of features, for a model that takes such.
class Features {
public:
    Features(const Graph& graph, const npy::File& input, bool tokens)
        : array_(input.array()), tokens_(tokens), step_(input_width(graph)) {}

    /// Step `index` of all; a token as one-hot.
    std::span<const float> at(std::size_t index) {
        std::fill(step_.begin(), step_.end(), 0.0f);
        if (tokens_) step_[static_cast<std::size_t>(array_.value(index))] = 1;
        else
            for (std::size_t k = 0; k < step_.size(); ++k)
                step_[k] = static_cast<float>(array_.value(index * step_.size() + k));
        return step_;
    }

private:
    const npy::Array& array_;
    bool tokens_;
    std::vector<float> step_;
};

/// Numbers that each row of the layer's matrices multiplies; 0: it has none.
std::size_t row_width(const Layer& layer) {
    if (const auto* r = std::get_if<Recurrent>(&layer.kind)) return r->input.columns + r->units;
    if (const auto* d = std::get_if<Dense>(&layer.kind)) return d->weights.columns;
    return 0;
}

/// Throws unless the layer's output is finite.
void check(const Layer& layer, std::span<const float> output, const npy::File& input, std::size_t n, std::size_t t) {
    if (std::all_of(output.begin(), output.end(), [](float y) { return std::isfinite(y); })) return;
    throw Error(input.path() + ": sequence " + std::to_string(n) + ", step " + std::to_string(t) +
                " (from 0): the output of layer '" + excerpt(layer.name) + "' overflows");
}

/// Looks at one layer while all sequences run.
class Observer {
public:
    /// `steps`: of all sequences.
    Observer(const Layer& layer, std::size_t steps) : state_(output_width(layer)) {
        const std::size_t width = row_width(layer);
        if (width > 0 && width <= widest_moments) moments_.emplace(width);
        stride_ = std::max<std::size_t>(1, std::size_t(double(steps) * double(width * width) / most_products));
    }

    void begin_sequence() { std::fill(state_.begin(), state_.end(), 0.0f); }

    /// A step that was not masked. `input`: what the layer takes.
    void add(std::size_t step, std::span<const float> input, std::span<const float> output) {
        outputs_.add(output);
        if (moments_ && step % stride_ == 0) moments_->add(input, state_);
    }
    void end_step(std::span<const float> output) { std::copy(output.begin(), output.end(), state_.begin()); }

    void finish(Magnitudes& outputs, std::optional<Moments>& moments) {
        if (moments_) moments_->finish();
        outputs = std::move(outputs_), moments = std::move(moments_);
    }

private:
    Magnitudes outputs_;
    std::optional<Moments> moments_;
    std::size_t stride_;
    std::vector<float> state_;  ///< the output of the step before, which is a recurrent layer's state
};

}  // namespace

Calibration calibrate(const Graph& graph, const npy::File& input) {
    const StoredGraph stored = in_float(graph);
    const std::size_t layers = graph.layers.size();
    RunningModel model(stored);
    Sequences sequences(input.array(), input.path(), model.model().info());
    if (sequences.count() == 0) throw Error(input.path() + ": has no sequences");
    const std::size_t steps = sequences.count() * sequences.steps();
    Features features(graph, input, sequences.tokens());
    std::vector<Observer> observers;
    for (const Layer& layer : graph.layers) observers.emplace_back(layer, steps);

    Calibration calibration{{}, std::vector<Magnitudes>(layers), std::vector<std::optional<Moments>>(layers)};
    calibration.tokens = sequences.tokens();
    if (calibration.tokens) calibration.features.add(std::vector<float>{1.0f});
    const bool reads_features = !takes_tokens(graph);
    for (std::size_t step = 0; step < steps; ++step) {
        const std::size_t n = step / sequences.steps(), t = step % sequences.steps();
        if (t == 0) {
            model.reset();
            for (Observer& observer : observers) observer.begin_sequence();
        }
        sequences.step(model, n, t);
        if (!model.masked()) {
            const std::span<const float> taken = reads_features ? features.at(step) : std::span<const float>();
            if (!calibration.tokens) calibration.features.add(taken);
            for (std::size_t i = 0; i < layers; ++i) {
                if (!has_output(stored, i)) continue;
                const std::size_t source = unmasked(graph, sources_of(graph, i)[0]);
                check(graph.layers[i], model.output(i), input, n, t);
                observers[i].add(step, source == 0 ? taken : model.output(source - 1), model.output(i));
            }
        }
        for (std::size_t i = 0; i < layers; ++i) observers[i].end_step(model.output(i));
    }
    for (std::size_t i = 0; i < layers; ++i) observers[i].finish(calibration.outputs[i], calibration.input_moments[i]);
    return calibration;
}

}  // namespace runnel::converter
