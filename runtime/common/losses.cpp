#include "losses.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace runnel {
namespace {

constexpr double epsilon = 1e-7;  // keras.config.epsilon()

double clip(double probability) { return std::clamp(probability, epsilon, 1 - epsilon); }

/// The mean of f(output, target) over the outputs.
template <class F>
double mean(std::span<const float> output, std::span<const double> target, F f) {
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); ++i) sum += f(static_cast<double>(output[i]), target[i]);
    return sum / static_cast<double>(output.size());
}

double binary_crossentropy(double p, double y) {
    p = clip(p);
    return -(y * std::log(p) + (1 - y) * std::log(1 - p));
}

double categorical_crossentropy(std::span<const float> output, std::span<const double> target) {
    const double sum = std::accumulate(output.begin(), output.end(), 0.0);
    double loss = 0;
    for (std::size_t i = 0; i < output.size(); ++i) loss -= target[i] * std::log(clip(output[i] / sum));
    return loss;
}

/// Keras takes the clipped logarithms as logits of a softmax.
double sparse_categorical_crossentropy(std::span<const float> output, std::size_t target) {
    double sum = 0;
    for (const float p : output) sum += clip(p);
    return -std::log(clip(output[target]) / sum);
}

template <class T>
std::size_t largest(std::span<T> values) {
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace

std::string_view loss_name(Loss loss) {
    switch (loss) {
        case Loss::bce: return "bce";
        case Loss::categorical: return "categorical";
        case Loss::mse: return "mse";
        case Loss::mae: return "mae";
    }
    return "";
}

Loss usual_loss(std::size_t outputs, std::string_view activation) {
    if (outputs > 1 && activation == "softmax") return Loss::categorical;
    if (activation == "sigmoid" || activation.starts_with("hard_sigmoid")) return Loss::bce;
    return Loss::mse;
}

void Score::add(std::span<const float> output, std::span<const double> target) {
    ++answers_;
    switch (loss_) {
        case Loss::bce:
            loss_sum_ += mean(output, target, binary_crossentropy);
            right_sum_ += mean(output, target, [](double p, double y) { return (p > 0.5) == y ? 1.0 : 0.0; });
            break;
        case Loss::categorical:
            loss_sum_ += categorical_crossentropy(output, target);
            right_sum_ += largest(output) == largest(target) ? 1 : 0;
            break;
        case Loss::mse:
            loss_sum_ += mean(output, target, [](double p, double y) { return (p - y) * (p - y); });
            break;
        case Loss::mae:
            loss_sum_ += mean(output, target, [](double p, double y) { return std::abs(p - y); });
            break;
    }
}

void Score::add(std::span<const float> output, std::size_t target) {
    ++answers_;
    loss_sum_ += sparse_categorical_crossentropy(output, target);
    right_sum_ += largest(output) == target ? 1 : 0;
}

std::optional<double> Score::accuracy() const {
    if (loss_ == Loss::mse || loss_ == Loss::mae) return std::nullopt;
    return answers_ ? right_sum_ / static_cast<double>(answers_) : 0.0;
}

}  // namespace runnel
