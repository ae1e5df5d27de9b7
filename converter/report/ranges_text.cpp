#include "report/ranges_text.hpp"

#include <cmath>

#include "common/terminal.hpp"
#include "quantize/matrices.hpp"

namespace runnel::converter {

const char* origin_text(Origin origin) {
    switch (origin) {
    case Origin::dynamic:
        return "dynamic";
    case Origin::bounded:
        return "known";
    case Origin::assumed:
        return "assumed";
    case Origin::maximum:
        return "maximum";
    case Origin::percentile:
        return "99.9th percentile";
    case Origin::least_squares:
        return "least squared error";
    case Origin::none:
        break;
    }
    return "";
}

namespace {

/// "weights 13 and 12 bits, input ±16 assumed, state ±1 known": bits are those of the fraction.
std::string fixed_ranges_text(const Numbers& numbers, const FixedNumbers& fixed) {
    const auto range = [](const char* of, Origin origin, int bits) -> std::string {
        if (origin == Origin::none) return "";
        return std::string(", ") + of + " ±" + significant(std::ldexp(1, 15 - bits), 3) + ' ' + origin_text(origin);
    };
    std::string text = "weights " + std::to_string(fixed.weight_bits);
    if (!fixed.recurrent.empty()) text += " and " + std::to_string(fixed.recurrent_bits);
    return text + " fraction bits" + range("input", numbers.input_origin, fixed.input_bits) +
           range("state", numbers.state_origin, fixed.state_bits);
}

}  // namespace

std::string ranges_text(const Numbers& numbers) {
    if (numbers.fixed) return fixed_ranges_text(numbers, *numbers.fixed);
    const auto one = [&](const char* of, Origin origin, float scale) -> std::string {
        if (origin == Origin::none) return "";
        if (scale == 0) return std::string(of) + " dynamic";
        return std::string(of) + " ±" + significant(double(scale) * largest_code(numbers.format), 3) + ' ' +
               origin_text(origin);
    };
    const std::string input = one("input", numbers.input_origin, numbers.input_scale);
    const std::string state = one("state", numbers.state_origin, numbers.state_scale);
    return input + (input.empty() || state.empty() ? "" : ", ") + state;
}

std::string choices_text(const RangeChoices& choices) {
    const auto decibels = [](double db) {
        return !std::isinf(db) ? significant(db, 3) + " dB" : db > 0 ? "exact" : "lost";
    };
    std::string text;
    for (const RangeChoice& choice : choices.places) {
        text += "  range of " + choice.place + ": " + origin_text(choice.chosen);
        std::string others;
        for (const RangeChoice::Trial& trial : choice.trials)
            if (trial.rule == choice.chosen) text += ", " + decibels(trial.snr);
            else
                others += std::string(others.empty() ? "" : ", ") + origin_text(trial.rule) + ' ' + decibels(trial.snr);
        text += " (" + others + ")\n";
    }
    return text +
           (choices.left_out ? "Written without the calibration, which on its own data comes to " +
                                   decibels(choices.calibrated) + ", and without it "
                             : "Calibrated: " + decibels(choices.calibrated) + " on its data; without ") +
           decibels(choices.uncalibrated) + '\n';
}

}  // namespace runnel::converter
