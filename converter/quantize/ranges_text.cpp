#include "quantize/ranges_text.hpp"

#include "quantize/matrices.hpp"
#include "terminal.hpp"

namespace runnel::converter {

std::string ranges_text(const Numbers& numbers) {
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
