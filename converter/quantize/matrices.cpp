#include "quantize/matrices.hpp"

#include <limits>
#include <stdexcept>

#include "quantize/rows.hpp"

namespace runnel::converter {
namespace {

/// The two parts may share their sums if that does not add more than this to the error's power.
constexpr double tolerated_noise = 1.25;
constexpr double largest_scale = 1e30;

/// The coded rows of one part of a matrix.
struct CodedMatrix {
    std::vector<std::int8_t> codes;
    std::vector<float> scales;

    /// `code_value`: the value of an input code, part of the stored scale; 1 where it is dynamic.
    void append(std::span<const std::int8_t> row, double scale, double code_value) {
        const double stored = scale * code_value;
        if (stored > largest_scale) throw std::runtime_error("the weights are too large for integer codes");
        const bool vanishes = stored < double(std::numeric_limits<float>::min());
        scales.push_back(vanishes ? 1.0f : static_cast<float>(stored));
        if (vanishes) codes.resize(codes.size() + row.size());
        else codes.insert(codes.end(), row.begin(), row.end());
    }
};

/// A row of a matrix times `factor`.
std::vector<double> row_of(const Matrix& matrix, std::size_t row, double factor = 1) {
    std::vector<double> values(matrix.columns);
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = factor * double(matrix.at(row, k));
    return values;
}

double value_of_code(float scale) { return scale == 0 ? 1 : double(scale); }

/// A scale for each part of each row.
struct Pair {
    CodedMatrix input, recurrent;
    double noise = 0;  ///< squared error in units of the state's codes
};

void append_apart(Pair& pair, const Recurrent& r, std::size_t row, const Numbers& numbers) {
    const auto most = largest_row_sum(largest_code(numbers.format));
    const double x = value_of_code(numbers.input_scale), h = value_of_code(numbers.state_scale);
    const CodedRow w = code_int8(row_of(r.input, row), most), u = code_int8(row_of(r.recurrent, row), most);
    pair.input.append(w.codes, w.scale, x);
    pair.recurrent.append(u.codes, u.scale, h);
    pair.noise += w.squared_error * (x / h) * (x / h) + u.squared_error;
}

void append_shared(Pair& pair, const Recurrent& r, std::size_t row, const Numbers& numbers) {
    const auto most = largest_row_sum(largest_code(numbers.format));
    const double x = numbers.input_scale, h = numbers.state_scale;
    std::vector<double> both = row_of(r.input, row, x / h);
    const auto u = row_of(r.recurrent, row);
    both.insert(both.end(), u.begin(), u.end());
    const CodedRow coded = code_int8(both, most);
    const std::span<const std::int8_t> codes = coded.codes;
    pair.input.append(codes.first(r.input.columns), coded.scale, h);
    pair.recurrent.append(codes.subspan(r.input.columns), coded.scale, h);
    pair.noise += coded.squared_error;
}

Pair code_rows(const Recurrent& r, const Numbers& numbers, bool apart) {
    Pair pair;
    const std::size_t never_shared = r.cell == schema::Cell::gru ? 2 * r.units : r.recurrent.rows;
    for (std::size_t row = 0; row < r.recurrent.rows; ++row)
        (apart || row >= never_shared ? append_apart : append_shared)(pair, r, row, numbers);
    return pair;
}

}  // namespace

void code_matrices(const Recurrent& r, Numbers& numbers) {
    Pair pair = code_rows(r, numbers, true);
    // A dynamic range gives each part a scale of its own in each step; without inputs there is nothing to share.
    numbers.apart = true;
    if (r.input.columns > 0 && numbers.input_scale != 0 && numbers.state_scale != 0) {
        Pair shared = code_rows(r, numbers, false);
        if (shared.noise <= tolerated_noise * pair.noise) pair = std::move(shared), numbers.apart = false;
    }
    numbers.input = std::move(pair.input.codes), numbers.input_scales = std::move(pair.input.scales);
    numbers.recurrent = std::move(pair.recurrent.codes), numbers.recurrent_scales = std::move(pair.recurrent.scales);
}

void code_matrix(const Dense& dense, Numbers& numbers) {
    CodedMatrix coded;
    for (std::size_t row = 0; row < dense.weights.rows; ++row) {
        const CodedRow w = code_int8(row_of(dense.weights, row), largest_row_sum(largest_code(numbers.format)));
        coded.append(w.codes, w.scale, value_of_code(numbers.input_scale));
    }
    numbers.input = std::move(coded.codes), numbers.input_scales = std::move(coded.scales);
}

}  // namespace runnel::converter
