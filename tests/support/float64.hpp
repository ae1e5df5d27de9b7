/// Keras' formulas in float64: the reference that kernels are tested against. It knows nothing of packing.
/// https://keras.io/api/layers/activations, https://keras.io/api/layers/recurrent_layers
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/activation.hpp"

namespace runnel::test {

using Vector = std::vector<double>;

inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

/// An elementwise activation.
inline double activation(Activation f, double x) {
    const double a = f.alpha, sigmoid = 1 / (1 + std::exp(-x));
    switch (f.function) {
        case Function::linear: return x;
        case Function::tanh: return std::tanh(x);
        case Function::sigmoid: return sigmoid;
        case Function::relu: return std::max(x, 0.0);
        case Function::hard_sigmoid: return std::clamp(0.2 * x + 0.5, 0.0, 1.0);
        case Function::hard_sigmoid_keras3: return std::clamp(x + 3, 0.0, 6.0) / 6;
        case Function::softplus: return softplus(x);
        case Function::softsign: return x / (1 + std::fabs(x));
        case Function::elu: return x > 0 ? x : a * std::expm1(x);
        case Function::selu: return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
        case Function::exponential: return std::exp(x);
        case Function::silu: return x * sigmoid;
        case Function::hard_silu: return x * std::clamp(x + 3, 0.0, 6.0) / 6;
        case Function::gelu: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
        case Function::gelu_tanh: return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
        case Function::relu6: return std::clamp(x, 0.0, 6.0);
        case Function::leaky_relu: return x > 0 ? x : a * x;
        case Function::mish: return x * std::tanh(softplus(x));
        case Function::celu: return x > 0 ? x : a * std::expm1(x / a);
        case Function::hard_tanh: return std::clamp(x, -1.0, 1.0);
        case Function::log_sigmoid: return -softplus(-x);
        case Function::tanh_shrink: return x - std::tanh(x);
        case Function::squareplus: return (x + std::sqrt(x * x + 4)) / 2;
        case Function::soft_shrink: return x > a ? x - a : x < -a ? x + a : 0;
        case Function::hard_shrink: return std::fabs(x) > a ? x : 0;
        case Function::sparse_plus: return x <= -1 ? 0 : x < 1 ? (x + 1) * (x + 1) / 4 : x;
        case Function::sparse_sigmoid: return std::clamp(0.5 * x + 0.5, 0.0, 1.0);
        default: return NAN;
    }
}

/// sum over k of w[row][k] x[k], w row-major.
inline double row_times(const std::vector<float>& w, std::size_t row, const Vector& x) {
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += double(w[row * x.size() + k]) * x[k];
    return sum;
}

/// A recurrent cell with weights [gate * units + unit][column] and bias [term * units + unit], in the order of
/// schemas/model.fbs.
struct Cell64 {
    int kind;  ///< the schema's Cell
    std::size_t inputs, units;
    std::vector<float> w, u, bias;
    Activation candidate, gate;

    static constexpr std::size_t gates_of[] = {1, 3, 3, 4}, terms_of[] = {1, 4, 3, 4};
    std::size_t gates() const { return gates_of[kind]; }
    std::size_t terms() const { return terms_of[kind]; }

    void step(const Vector& x, Vector& h, Vector& c) const {
        const Vector before = h;
        const auto from_input = [&](std::size_t g, std::size_t j) { return row_times(w, g * units + j, x); };
        const auto from_state = [&](std::size_t g, std::size_t j) { return row_times(u, g * units + j, before); };
        const auto b = [&](std::size_t term, std::size_t j) { return double(bias[term * units + j]); };
        const auto both = [&](std::size_t g, std::size_t j) { return from_input(g, j) + from_state(g, j) + b(g, j); };
        Vector reset(units);
        if (kind == 2)
            for (std::size_t j = 0; j < units; ++j) reset[j] = activation(gate, both(1, j)) * before[j];
        for (std::size_t j = 0; j < units; ++j) {
            if (kind == 0) {
                h[j] = activation(candidate, both(0, j));
            } else if (kind == 3) {
                const double i = activation(gate, both(0, j)), f = activation(gate, both(1, j));
                c[j] = f * c[j] + i * activation(candidate, both(2, j));
                h[j] = activation(gate, both(3, j)) * activation(candidate, c[j]);
            } else {
                const double z = activation(gate, both(0, j));
                const double n = kind == 1 ? from_input(2, j) + b(2, j) +
                                                 activation(gate, both(1, j)) * (from_state(2, j) + b(3, j))
                                           : from_input(2, j) + row_times(u, 2 * units + j, reset) + b(2, j);
                h[j] = z * before[j] + (1 - z) * activation(candidate, n);
            }
        }
    }
};

}  // namespace runnel::test
