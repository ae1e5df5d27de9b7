#include "tune_report.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "terminal.hpp"
#include "tune_display.hpp"

namespace runnel {
namespace {

using Json = nlohmann::ordered_json;

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
    json["saturations"] = {{"features", r.limited_features},
                           {"preactivations", r.saturations.preactivations},
                           {"states", r.saturations.states},
                           {"weights", r.saturations.weights}};
    json["stopped"] = r.fitted.stopped;
    if (r.guard_before) json["guard"] = {{"before", as_json(*r.guard_before)}, {"after", as_json(*r.guard_after)}};
    json["patch"] = {{"file", r.patch}, {"bytes", r.patch_bytes}, {"step", r.step}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

void print(const TuneReport& r, bool as_json) {
    if (as_json) return print_json(r);
    if (r.fitted.stopped) std::cout << "stopped by a signal\n";
    if (r.fitted.best_epoch)
        std::cout << "best       epoch " << r.fitted.best_epoch << " (val_loss " << fixed(r.fitted.best_loss, 4) << ")"
                  << (r.restored ? ", kept" : "") << '\n';
    if (const auto& s = r.saturations; r.limited_features || s.preactivations || s.states || s.weights)
        std::cout << "saturated  " << grouped(r.limited_features) << " features, " << grouped(s.preactivations)
                  << " pre-activations, " << grouped(s.states) << " states, " << grouped(s.weights) << " weights\n";
    if (r.guard_before)
        std::cout << "guard      before: " << measure_text(*r.guard_before, r.has_accuracy)
                  << "; after: " << measure_text(*r.guard_after, r.has_accuracy) << '\n';
    std::cout << "patch      " << r.patch << ": " << grouped(r.patch_bytes) << " bytes, step " << grouped(r.step)
              << "; changed: " << patched_text(r.changed) << '\n';
}

}  // namespace runnel
