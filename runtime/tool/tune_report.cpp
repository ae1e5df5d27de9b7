#include "tune_report.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "common/terminal.hpp"
#include "common/text.hpp"
#include "guard.hpp"

namespace runnel {
namespace {

using Json = nlohmann::ordered_json;

bool any(const training::Saturations& s) { return s.preactivations || s.states || s.weights; }

std::string text_of(const training::Saturations& s) {
    return grouped(s.preactivations) + " pre-activations, " + grouped(s.states) + " states, " + grouped(s.weights) +
           " weights";
}

Json json_of(const training::Saturations& s) {
    return {{"preactivations", s.preactivations}, {"states", s.states}, {"weights", s.weights}};
}

void print_json(const TuneReport& r) {
    const auto as_json = [&](const Measure& m) {
        Json json{{"loss", m.loss}};
        if (r.has_accuracy) json["accuracy"] = m.accuracy;
        return json;
    };
    Json json{{"isa", r.isa}, {"trainer_bytes", r.trainer_bytes}, {"epochs", Json::array()}};
    for (const Epoch& e : r.fitted.history) {
        Json epoch = as_json(e.training);
        if (e.validation) epoch["validation"] = as_json(*e.validation);
        epoch["seconds"] = e.seconds;
        json["epochs"].push_back(epoch);
    }
    if (r.fitted.best_epoch) json["best_epoch"] = r.fitted.best_epoch;
    Json& saturations = json["saturations"] = {{"features", r.limited_features}};
    saturations.update(json_of(r.saturations));
    saturations["layers"] = Json::object();
    for (const LayerSaturations& s : r.saturated_layers) saturations["layers"][s.layer] = json_of(s.numbers);
    json["stopped"] = r.fitted.stopped;
    if (r.guard_before) json["guard"] = {{"before", as_json(*r.guard_before)}, {"after", as_json(*r.guard_after)}};
    json["patch"] = {{"file", r.patch}, {"bytes", r.patch_bytes}, {"step", r.step}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

std::vector<LayerSaturations> saturated_layers(const Model& model, const training::Trainer& trainer) {
    const std::uint32_t unlisted = unlisted_layers(model);
    std::vector<LayerSaturations> layers;
    for (std::uint32_t i = 0; i < model.info().layers; ++i)
        if (const training::Saturations s = trainer.saturations(unlisted + i); any(s))
            layers.push_back({printable(model.layer(i).name), s});
    return layers;
}

void print_report(const TuneReport& r, bool as_json) {
    if (as_json) return print_json(r);
    if (r.fitted.stopped) std::cout << "stopped by a signal\n";
    if (r.fitted.best_epoch)
        std::cout << "best       epoch " << r.fitted.best_epoch << " (val_loss " << decimals(r.fitted.best_loss, 4)
                  << ")" << (r.restored ? ", kept" : "") << '\n';
    if (r.limited_features || any(r.saturations))
        std::cout << "saturated  " << grouped(r.limited_features) << " features, " << text_of(r.saturations) << '\n';
    for (const LayerSaturations& s : r.saturated_layers)
        std::cout << "           in " << s.layer << ": " << text_of(s.numbers) << '\n';
    if (r.guard_before)
        std::cout << "guard      " << guard_text(*r.guard_before, *r.guard_after, r.has_accuracy) << '\n';
    std::cout << "patch      " << r.patch << ": " << grouped(r.patch_bytes) << " bytes, step " << grouped(r.step)
              << "; changed: " << patched_text(r.changed) << '\n';
}

}  // namespace runnel
