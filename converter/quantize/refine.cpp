#include "quantize/refine.hpp"

#include <cstdlib>

#include "quantize/matrices.hpp"
#include "quantize/rows.hpp"

namespace runnel::converter {
namespace {

constexpr int most_sweeps = 20;

/// A row of one matrix and its codes.
struct Part {
    std::span<const float> weights;
    std::span<std::int8_t> codes;
    double step;         ///< weight of a code
    std::size_t column;  ///< of the first weight, in the moments
};

/// One code of a row that is being refined.
struct Place {
    std::int8_t* code;
    double step;
    std::size_t column;
    double error;  ///< weight less the code's value
};

/// Refines a row of one or two parts. Returns the mean of what its product lacks.
double refine_row(std::initializer_list<Part> parts, const Moments& moments, std::int64_t largest_sum) {
    std::vector<Place> places;
    std::int64_t sum = 0;
    for (const Part& part : parts)
        for (std::size_t k = 0; k < part.weights.size(); ++k) {
            places.push_back(
                {&part.codes[k], part.step, part.column + k, double(part.weights[k]) - part.step * part.codes[k]});
            sum += std::abs(int(part.codes[k]));
        }
    std::vector<double> gradient(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
        for (const Place& other : places)
            gradient[i] += moments.covariance(places[i].column, other.column) * other.error;

    bool moved = true;
    for (int sweep = 0; moved && sweep < most_sweeps; ++sweep) {
        moved = false;
        for (std::size_t i = 0; i < places.size(); ++i) {
            Place& place = places[i];
            const int direction = gradient[i] > 0 ? 1 : -1, code = *place.code + direction;
            const double curvature = place.step * moments.covariance(place.column, place.column);
            if (2 * std::abs(gradient[i]) <= curvature * (1 + 1e-9) || std::abs(code) > 127) continue;
            const std::int64_t new_sum = sum + std::abs(code) - std::abs(int(*place.code));
            if (new_sum > largest_sum) continue;
            sum = new_sum;
            *place.code = static_cast<std::int8_t>(code);
            place.error -= direction * place.step;
            for (std::size_t k = 0; k < places.size(); ++k)
                gradient[k] -= direction * place.step * moments.covariance(place.column, places[k].column);
            moved = true;
        }
    }
    double mean = 0;
    for (const Place& place : places) mean += place.error * moments.mean(place.column);
    return mean;
}

double step_of(float stored, float code_value) { return double(stored) / (code_value == 0 ? 1 : double(code_value)); }

std::span<const float> weights_of(const Matrix& matrix, std::size_t row) {
    return {matrix.values.data() + row * matrix.columns, matrix.columns};
}

std::span<std::int8_t> codes_of(std::vector<std::int8_t>& codes, const Matrix& matrix, std::size_t row) {
    return {codes.data() + row * matrix.columns, matrix.columns};
}

}  // namespace

void refine(Recurrent& r, Numbers& numbers, const Moments& moments) {
    const std::int64_t most = largest_row_sum(largest_code(numbers.format));
    for (std::size_t row = 0; row < r.recurrent.rows; ++row) {
        const bool candidate = row >= 2 * r.units;
        if (candidate && r.cell == schema::Cell::gru_reset_before) return;
        const Part input{weights_of(r.input, row), codes_of(numbers.input, r.input, row),
                         step_of(numbers.input_scales[row], numbers.input_scale), 0};
        const Part state{weights_of(r.recurrent, row), codes_of(numbers.recurrent, r.recurrent, row),
                         step_of(numbers.recurrent_scales[row], numbers.state_scale), moments.size() - r.units};
        if (candidate && r.cell == schema::Cell::gru) {  // the parts have a bias each
            r.bias[row] += static_cast<float>(refine_row({input}, moments, most));
            r.bias[row + r.units] += static_cast<float>(refine_row({state}, moments, most));
        } else {
            r.bias[row] += static_cast<float>(refine_row({input, state}, moments, most));
        }
    }
}

void refine(Dense& dense, Numbers& numbers, const Moments& moments) {
    for (std::size_t row = 0; row < dense.weights.rows; ++row)
        dense.bias[row] +=
            static_cast<float>(refine_row({{weights_of(dense.weights, row), codes_of(numbers.input, dense.weights, row),
                                            step_of(numbers.input_scales[row], numbers.input_scale), 0}},
                                          moments, largest_row_sum(largest_code(numbers.format))));
}

}  // namespace runnel::converter
