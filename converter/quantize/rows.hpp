/// Rows of real numbers as integer codes with a scale.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace runnel::converter {

/// value of element k = codes[k] * scale, about. A row of zeros (or of values too small to matter) has the scale 1.
struct CodedRow {
    std::vector<std::int8_t> codes;
    double scale = 1;
    double squared_error = 0;  ///< sum over the row
};

/// Values below this are taken as zero, so that no scale is ever subnormal.
inline constexpr double negligible = 1e-30;

/// Largest sum of a row's magnitudes with which no sum of its products with inputs up to `largest_input` leaves 32
/// bits: (2^31 - 1) / largest_input.
constexpr std::int64_t largest_row_sum(int largest_input) { return 0x7fffffff / largest_input; }

/// Codes in [-127, 127] with the scale that leaves the least squared error, such that their magnitudes add up to at
/// most `largest_sum`.
CodedRow code_int8(std::span<const double> row, std::int64_t largest_sum = INT64_MAX);

/// Codes in [-8, 7], likewise.
CodedRow code_int4(std::span<const double> row);

}  // namespace runnel::converter
