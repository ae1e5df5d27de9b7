#include "quantize/correct_heads.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "run/running_model.hpp"

namespace runnel::converter {
namespace {

/// Least squares of y = slope x + offset.
class Regression {
public:
    void add(double x, double y) {
        ++count_;
        x_ += x, y_ += y, xx_ += x * x, xy_ += x * y;
    }
    /// Codes that are roughly right need no more than this.
    double slope() const {
        const double variance = xx_ - x_ * x_ / count_, covariance = xy_ - x_ * y_ / count_;
        return variance > 1e-12 * xx_ ? std::clamp(covariance / variance, 0.9, 1.1) : 1;
    }
    double offset() const { return (y_ - slope() * x_) / count_; }

private:
    double count_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
};

double product(std::span<const float> weights, std::span<const float> x) {
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += double(weights[k]) * double(x[k]);
    return sum;
}

double product(std::span<const std::int8_t> codes, std::span<const float> x) {
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += double(codes[k]) * double(x[k]);
    return sum;
}

/// Of the Dense layer `index`, whose inputs come from the layer below it.
void correct(const StoredGraph& original, RunningModel& before, StoredGraph& stored, std::size_t index,
             const npy::File& input) {
    const auto& exact = std::get<Dense>(original.graph.layers[index].kind);
    auto& dense = std::get<Dense>(stored.graph.layers[index].kind);
    Numbers& numbers = stored.numbers[index];
    const std::size_t width = exact.weights.columns;
    const double code_value = numbers.input_scale == 0 ? 1 : double(numbers.input_scale);
    std::vector<Regression> rows(exact.weights.rows);
    const std::size_t below = sources_of(original.graph, index)[0] - 1;
    RunningModel after(stored);
    const std::size_t steps = Sequences(input.array(), input.path(), before.model().info()).steps();
    for_each_step(input, before, after, [&](std::size_t, std::size_t t) {
        if (!original.graph.returns_sequence && t + 1 < steps) return;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const std::span<const float> weights(exact.weights.values.data() + row * width, width);
            const std::span<const std::int8_t> codes(numbers.input.data() + row * width, width);
            rows[row].add(double(numbers.input_scales[row]) / code_value * product(codes, after.output(below)),
                          product(weights, before.output(below)) + exact.bias[row]);
        }
    });
    for (std::size_t row = 0; row < rows.size(); ++row) {
        numbers.input_scales[row] =
            std::max(float(numbers.input_scales[row] * rows[row].slope()), std::numeric_limits<float>::min());
        dense.bias[row] = static_cast<float>(rows[row].offset());
    }
}

}  // namespace

void correct_heads(const Graph& original, StoredGraph& stored, const npy::File& input) {
    const StoredGraph exact = in_float(original);
    const auto& layers = original.layers;
    std::size_t head = layers.size();
    while (head > 0 && !std::holds_alternative<Recurrent>(layers[head - 1].kind)) --head;
    if (head == 0) return;
    std::optional<RunningModel> before;
    for (std::size_t i = head; i < layers.size(); ++i) {
        if (!std::holds_alternative<Dense>(layers[i].kind) || stored.numbers[i].input.empty()) continue;
        if (unmasked(original, sources_of(original, i)[0]) == 0) continue;  // reads the input: no layer before it errs
        if (!before) before.emplace(exact);
        correct(exact, *before, stored, i, input);
    }
}

}  // namespace runnel::converter
