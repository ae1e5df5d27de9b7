#include "quantize/rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace runnel::converter {
namespace {

struct Codes {
    double least, most;
    double first_divisor, last_divisor;  ///< the scales to try: the largest magnitude divided by these and all between
};
constexpr Codes int8_codes{-127, 127, 105, 145}, int4_codes{-8, 7, 5, 10};

/// So many scales are tried; that of the plain rule, which makes the largest magnitude the largest code, is among them.
/// Of a short row many more, for they cost little and more of them fit it by chance.
constexpr int scales_tried(std::size_t columns) { return columns <= 64 ? 800 : 80; }

double code_of(double value, double scale, const Codes& range) {
    return std::clamp(std::nearbyint(value / scale), range.least, range.most);
}

double squared_error(std::span<const double> row, double scale, const Codes& range) {
    double sum = 0;
    for (const double value : row) {
        const double error = value - scale * code_of(value, scale, range);
        sum += error * error;
    }
    return sum;
}

std::int64_t magnitude_sum(const std::vector<std::int8_t>& codes) {
    std::int64_t sum = 0;
    for (const std::int8_t code : codes) sum += std::abs(int(code));
    return sum;
}

void apply(CodedRow& coded, std::span<const double> row, double scale, const Codes& range) {
    coded.scale = scale;
    for (std::size_t k = 0; k < row.size(); ++k)
        coded.codes[k] = static_cast<std::int8_t>(code_of(row[k], scale, range));
}

CodedRow code(std::span<const double> row, const Codes& range, std::int64_t largest_sum) {
    CodedRow coded;
    coded.codes.resize(row.size());
    double top = 0;
    for (const double value : row) top = std::max(top, std::fabs(value));
    if (top < negligible) {
        coded.squared_error = squared_error(row, 1, range);
        return coded;
    }
    double best = 0, least = std::numeric_limits<double>::infinity();
    const int tries = scales_tried(row.size());
    for (int i = 0; i <= tries; ++i) {
        const double scale = top / (range.first_divisor + (range.last_divisor - range.first_divisor) * i / tries);
        if (const double error = squared_error(row, scale, range); error < least) least = error, best = scale;
    }
    apply(coded, row, best, range);
    for (std::int64_t sum; (sum = magnitude_sum(coded.codes)) > largest_sum;)
        apply(coded, row, coded.scale * std::max(1.0001, double(sum) / double(largest_sum)), range);
    coded.squared_error = squared_error(row, coded.scale, range);
    return coded;
}

}  // namespace

CodedRow code_int8(std::span<const double> row, std::int64_t largest_sum) { return code(row, int8_codes, largest_sum); }

CodedRow code_int4(std::span<const double> row) { return code(row, int4_codes, INT64_MAX); }

}  // namespace runnel::converter
