#include "report/ranges_text.hpp"

#include <cmath>

#include "common/terminal.hpp"
#include "quantize/matrices.hpp"

namespace runnel::converter {

namespace {

/// "weights 13 and 12 bits, input ±16 assumed, state ±1 known": bits are those of the fraction.
std::string fixed_ranges_text(const Numbers& numbers, const FixedNumbers& fixed) {
    const auto range = [](const char* of, Origin origin, int bits) -> std::string {
        if (origin == Origin::none) return "";
        return std::string(", ") + of + " ±" + significant(std::ldexp(1, 15 - bits), 3) +
               (origin == Origin::bounded      ? " known"
                : origin == Origin::calibrated ? " calibrated"
                                               : " assumed");
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
        return std::string(of) + " ±" + significant(double(scale) * largest_code(numbers.format), 3) +
               (origin == Origin::bounded ? " known" : " calibrated");
    };
    const std::string input = one("input", numbers.input_origin, numbers.input_scale);
    const std::string state = one("state", numbers.state_origin, numbers.state_scale);
    return input + (input.empty() || state.empty() ? "" : ", ") + state;
}

}  // namespace runnel::converter
