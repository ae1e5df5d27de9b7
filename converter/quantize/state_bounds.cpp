#include "quantize/state_bounds.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace runnel::converter {
namespace {

/// The least and the largest W x of a unit, over all inputs.
std::pair<double, double> reach(const Matrix& w, std::size_t unit, const StepInputs& in, double error) {
    double low = INFINITY, high = -INFINITY;
    const auto add = [&](double value, double margin) {
        low = std::min(low, value - margin);
        high = std::max(high, value + margin);
    };
    if (in.rows) {
        for (std::size_t row = 0; row < in.rows->rows; ++row) {
            double sum = 0, magnitudes = 0;
            for (std::size_t k = 0; k < w.columns; ++k) {
                sum += double(w.at(unit, k)) * in.rows->at(row, k);
                magnitudes += std::fabs(double(in.rows->at(row, k)));
            }
            add(sum, error * magnitudes);
        }
    } else if (in.one_hot) {
        for (std::size_t k = 0; k < w.columns; ++k) add(w.at(unit, k), error);
    } else {
        double sum = 0;
        for (std::size_t k = 0; k < w.columns; ++k)
            sum += (std::fabs(double(w.at(unit, k))) + error) * in.magnitudes[k];
        add(0, sum);
    }
    return {low, high};
}

}  // namespace

std::optional<std::vector<double>> state_bounds(const Recurrent& layer, const StepInputs& inputs, double weight_error) {
    const bool relu = layer.activation.function == Function::relu;
    const std::size_t units = layer.recurrent.columns;
    std::vector<double> alone(units);  // of a step from zero state
    for (std::size_t u = 0; u < units; ++u) {
        const auto [low, high] = reach(layer.input, u, inputs, weight_error);
        const double bias = layer.bias[u];
        alone[u] = 1e-6 + (relu ? std::max(0.0, high + bias) : std::max(std::fabs(low + bias), std::fabs(high + bias)));
    }
    const auto next = [&](const std::vector<double>& h) {
        std::vector<double> sums = alone;
        for (std::size_t u = 0; u < units; ++u)
            for (std::size_t k = 0; k < units; ++k) {
                const double weight = layer.recurrent.at(u, k);
                sums[u] += ((relu ? std::max(0.0, weight) : std::fabs(weight)) + weight_error) * h[k];
            }
        return sums;
    };
    std::vector<double> h = alone;
    constexpr int most_rounds = 2000;
    for (int round = 0; round < most_rounds; ++round) {
        std::vector<double> sums = next(h);
        // A bound proves itself: the step from a little above it stays there.
        for (std::size_t u = 0; u < units; ++u) h[u] = 1.001 * sums[u];
        const std::vector<double> after = next(h);
        bool holds = true;
        for (std::size_t u = 0; u < units; ++u) holds &= after[u] <= h[u];
        if (holds) return h;
        h = std::move(sums);
        if (!(*std::max_element(h.begin(), h.end()) < 1e6)) break;
    }
    return std::nullopt;
}

}  // namespace runnel::converter
