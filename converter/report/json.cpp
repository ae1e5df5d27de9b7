#include <nlohmann/json.hpp>

#include "report/ranges_text.hpp"
#include "report/report.hpp"
#include "report/verdict.hpp"

namespace runnel::converter {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json as_json(const Difference& d, const Comparison& c) {
    return {{"snr_db", or_null(d.snr())},
            {"rms", d.root_mean_square()},
            {"largest", d.largest()},
            {"worst", {{"sequence", d.worst_step() / c.steps}, {"step", d.worst_step() % c.steps}}}};
}

Json as_json(const Side& side) {
    return {{"file_bytes", side.file_bytes},
            {"ns_per_step", side.ns_per_step},
            {"loss", or_null(side.loss)},
            {"accuracy", or_null(side.accuracy)}};
}

Json as_json(const RangeChoices& choices) {
    Json places = Json::array();
    for (const RangeChoice& choice : choices.places) {
        Json trials = Json::object();
        for (const RangeChoice::Trial& trial : choice.trials) trials[origin_text(trial.rule)] = trial.snr;
        places.push_back({{"place", choice.place}, {"chosen", origin_text(choice.chosen)}, {"snr_db", trials}});
    }
    return {{"snr_db", choices.calibrated},
            {"uncalibrated_snr_db", choices.uncalibrated},
            {"left_out", choices.left_out},
            {"ranges", places}};
}

}  // namespace

std::string json_report(const Comparison& c) {
    Json layers = Json::array(), steps = Json::array();
    for (const LayerComparison& layer : c.layers)
        layers.push_back({{"name", layer.name},
                          {"kind", layer.kind},
                          {"format", layer.format},
                          {"ranges", layer.ranges},
                          {"bytes_before", layer.bytes_before},
                          {"bytes_after", layer.bytes_after},
                          {"output", layer.output ? as_json(*layer.output, c) : Json()}});
    for (const Difference& step : c.by_step)
        steps.push_back({{"rms", step.root_mean_square()}, {"largest", step.largest()}});
    const Json report{{"model", c.title},
                      {"verdict", verdict(c)},
                      {"command", c.command},
                      {"date", c.date},
                      {"cpu", c.cpu},
                      {"isa", c.isa},
                      {"sequences", c.sequences},
                      {"steps", c.steps},
                      {"loss_function", c.loss.empty() ? Json() : Json(c.loss)},
                      {"saturations", c.saturations},
                      {"before", as_json(c.before)},
                      {"after", as_json(c.after)},
                      {"output", as_json(c.output(), c)},
                      {"calibration", c.choices ? as_json(*c.choices) : Json()},
                      {"layers", layers},
                      {"by_step", steps}};
    return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace runnel::converter
