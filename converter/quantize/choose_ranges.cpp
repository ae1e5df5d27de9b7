#include "quantize/choose_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.hpp"
#include "quantize/correct_heads.hpp"
#include "run/running_model.hpp"

namespace runnel::converter {
namespace {

constexpr double dynamic_gain = 0.5;              ///< decibels
constexpr std::size_t most_numbers = 20'000'000;  ///< weights times steps of a trial

/// The float32 model's answers to some of the sequences, evenly taken, and how far other models are from them.
class Reference {
public:
    /// `most_steps`: of all that are taken; at least one sequence is.
    Reference(const Graph& graph, const npy::File& input, std::size_t most_steps) : input_(input) {
        RunningModel model(in_float(graph));
        const Sequences all(input.array(), input.path(), model.model().info());
        const std::size_t most = std::max<std::size_t>(1, most_steps / all.steps());
        stride_ = (all.count() + most - 1) / most;
        run(model, [&](float y) { answers_.push_back(y); });
    }

    /// Signal beside noise in decibels.
    double snr(const StoredGraph& stored) const {
        RunningModel model(stored);
        double signal = 0, noise = 0;
        std::size_t i = 0;
        run(model, [&](float y) {
            const double exact = answers_[i++], error = double(y) - exact;
            signal += exact * exact, noise += error * error;
        });
        if (noise == 0) return std::numeric_limits<double>::infinity();
        const double db = 10 * std::log10(signal / noise);
        return std::isnan(db) ? -std::numeric_limits<double>::infinity() : db;
    }

private:
    template <class F> void run(RunningModel& model, F each) const {
        Session& session = model.session();
        Sequences sequences(input_.array(), input_.path(), model.model().info());
        for (std::size_t n = 0; n < sequences.count(); n += stride_) {
            session.reset();
            for (std::size_t t = 0; t < sequences.steps(); ++t) {
                sequences.step(session, n, t);
                for (const float y : session.output()) each(y);
            }
        }
    }

    const npy::File& input_;
    std::size_t stride_ = 1;
    std::vector<float> answers_;
};

/// The places of the rules that decide about a range: which ones a model has taken its ranges from.
std::vector<std::size_t> places_of(const StoredGraph& stored) {
    const auto from_data = [](Origin origin) { return origin >= Origin::maximum; };
    std::vector<std::size_t> places;
    std::size_t before = 0;  // of what enters the layer
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        if (from_data(stored.numbers[i].input_origin)) places.push_back(before);
        if (from_data(stored.numbers[i].state_origin)) places.push_back(i + 1);
        if (!std::holds_alternative<Masking>(stored.graph.layers[i].kind)) before = i + 1;
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

std::size_t weights_of(const Graph& graph) {
    std::size_t all = 1;
    for (const Layer& layer : graph.layers) all += layer.parameters;
    return all;
}

}  // namespace

StoredGraph choose_ranges(const Graph& graph, const Formats& formats, const Calibration& calibration,
                          const npy::File& input, RangeChoices& choices) {
    RangeRules rules(graph.layers.size() + 1, usual_rule(formats.matrices));
    const auto made = [&] { return quantize(graph, formats, &calibration, rules); };
    const Reference part(graph, input, most_numbers / weights_of(graph));
    for (const std::size_t place : places_of(made())) {
        RangeChoice choice{place == 0 ? "features" : "output of " + excerpt(graph.layers[place - 1].name), {}, {}};
        double best = -std::numeric_limits<double>::infinity();
        for (const Origin rule : {Origin::least_squares, Origin::percentile, Origin::maximum, Origin::dynamic}) {
            rules[place] = rule;
            const double snr = part.snr(made());
            choice.trials.push_back({rule, snr});
            if (snr > best + (rule == Origin::dynamic ? dynamic_gain : 0) || choice.trials.size() == 1)
                best = snr, choice.chosen = rule;
        }
        rules[place] = choice.chosen;
        choices.places.push_back(std::move(choice));
    }

    const Reference whole(graph, input, std::numeric_limits<std::size_t>::max());
    StoredGraph uncalibrated = quantize(graph, formats, nullptr);
    choices.uncalibrated = whole.snr(uncalibrated);
    StoredGraph calibrated = made();
    correct_heads(graph, calibrated, input);
    choices.calibrated = whole.snr(calibrated);
    choices.left_out = !(choices.calibrated >= choices.uncalibrated);
    return choices.left_out ? std::move(uncalibrated) : std::move(calibrated);
}

}  // namespace runnel::converter
