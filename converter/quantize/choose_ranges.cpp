#include "quantize/choose_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.hpp"
#include "quantize/correct_heads.hpp"
#include "run/difference.hpp"
#include "run/running_model.hpp"

namespace runnel::converter {
namespace {

constexpr double dynamic_gain = 0.5;              ///< decibels
constexpr std::size_t most_numbers = 20'000'000;  ///< weights times steps of a trial

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How near the model comes to the original over every `stride`th sequence, in decibels.
double snr(RunningModel& original, const StoredGraph& stored, const npy::File& input, std::size_t stride) {
    RunningModel model(stored);
    Difference difference;
    for_each_step(
        input, original, model,
        [&](std::size_t, std::size_t t) { difference.add(original.output(), model.output(), t); }, stride);
    if (std::isnan(difference.root_mean_square())) return -infinity;
    return difference.largest() == 0 ? infinity : difference.snr().value_or(-infinity);
}

/// The value whose range a layer's input has: a Masking, a Slice and a Window leave it as it is.
std::size_t origin_of(const Graph& graph, std::size_t layer) {
    const auto keeps_range = [&](std::size_t value) {
        const auto& kind = graph.layers[value - 1].kind;
        return std::holds_alternative<Masking>(kind) || std::holds_alternative<Slice>(kind) ||
               std::holds_alternative<Window>(kind);
    };
    std::size_t value = sources_of(graph, layer)[0];
    while (value > 0 && keeps_range(value)) value = sources_of(graph, value - 1)[0];
    return value;
}

/// The places of the rules that decide about a range: which ones a model has taken its ranges from.
std::vector<std::size_t> places_of(const StoredGraph& stored) {
    const auto from_data = [](Origin origin) { return origin >= Origin::maximum; };
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        if (from_data(stored.numbers[i].input_origin)) places.push_back(origin_of(stored.graph, i));
        if (from_data(stored.numbers[i].state_origin)) places.push_back(i + 1);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

/// Such that a trial's steps, each of which costs about the model's weights, stay within bounds.
std::size_t stride_of(const Graph& graph, const npy::File& input, const ModelInfo& info) {
    const Sequences sequences(input.array(), input.path(), info);
    std::size_t weights = 1;
    for (const Layer& layer : graph.layers) weights += layer.parameters;
    const std::size_t most = std::max<std::size_t>(1, most_numbers / weights / sequences.steps());
    return (sequences.count() + most - 1) / most;
}

}  // namespace

StoredGraph choose_ranges(const Graph& graph, const Formats& formats, const Calibration& calibration,
                          const npy::File& input, RangeChoices& choices) {
    RangeRules rules(graph.layers.size() + 1, usual_rule(formats.matrices));
    const auto made = [&] { return quantize(graph, formats, &calibration, rules); };
    RunningModel original(in_float(graph));
    const std::size_t stride = stride_of(graph, input, original.model().info());
    for (const std::size_t place : places_of(made())) {
        RangeChoice choice{place == 0 ? "features" : "output of " + excerpt(graph.layers[place - 1].name), {}, {}};
        double best = -infinity;
        for (const Origin rule : {Origin::least_squares, Origin::percentile, Origin::maximum, Origin::dynamic}) {
            rules[place] = rule;
            const double near = snr(original, made(), input, stride);
            choice.trials.push_back({rule, near});
            if (near > best + (rule == Origin::dynamic ? dynamic_gain : 0) || choice.trials.size() == 1)
                best = near, choice.chosen = rule;
        }
        rules[place] = choice.chosen;
        choices.places.push_back(std::move(choice));
    }

    StoredGraph uncalibrated = quantize(graph, formats, nullptr);
    choices.uncalibrated = snr(original, uncalibrated, input, 1);
    StoredGraph calibrated = made();
    correct_heads(graph, calibrated, input);
    choices.calibrated = snr(original, calibrated, input, 1);
    choices.left_out = !(choices.calibrated >= choices.uncalibrated);
    return choices.left_out ? std::move(uncalibrated) : std::move(calibrated);
}

}  // namespace runnel::converter
