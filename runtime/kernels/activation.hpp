/// Activation functions over vectors.
#pragma once
#include "base/activation.hpp"
#include "isa.hpp"

namespace runnel {
namespace {

/// tanh(half x) / half, for half = 1 or 1/2 (a power of two scales the coefficients exactly): x P(x^2) / Q(x^2), the
/// minimax rational of degrees 7 and 8 (tests/golden/fit_tanh.py). Its absolute error as tanh is below 1e-6 for
/// all floats.
template <class V> V rational_tanh(V x, float half) {
    const float s = half * half, limit = 7.9f / half;
    // The operands' order lets NaN pass: x86's min and max return the second one.
    x = min(V(limit), max(V(-limit), x));
    const V u = x * x;
    V p = fma(u, V(1.13102146e-05f * s * s * s), V(0.00293882673f * s * s));
    p = fma(u, p, V(0.129136403f * s));
    p = fma(u, p, V(0.999999362f));
    V q = fma(u, V(2.42383863e-07f * s * s * s * s), V(0.00023702834f * s * s * s));
    q = fma(u, q, V(0.0237638229f * s * s));
    q = fma(u, q, V(0.46246739f * s));
    q = fma(u, q, V(1.0f));
    return x * p / q;
}

template <class V> V tanh_of(V x) { return rational_tanh(x, 1.0f); }

/// 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2.
template <class V> V sigmoid_of(V x) { return fma(V(0.25f), rational_tanh(x, 0.5f), V(0.5f)); }

template <class V> V clip(V x, float low, float high) { return min(V(high), max(V(low), x)); }

/// log(1 + exp(x)), without overflow.
template <class V> V softplus_of(V x) { return max(V(0.0f), x) + log1p(exp(-abs(x))); }

/// f(x) for every elementwise function.
template <class V> V apply(Activation f, V x) {
    const V zero(0.0f), one(1.0f), alpha(f.alpha);
    switch (f.function) {
        case Function::tanh: return tanh_of(x);
        case Function::sigmoid: return sigmoid_of(x);
        case Function::relu: return max(zero, x);
        case Function::hard_sigmoid: return clip(fma(V(0.2f), x, V(0.5f)), 0, 1);
        case Function::hard_sigmoid_keras3: return clip(fma(V(1 / 6.0f), x, V(0.5f)), 0, 1);
        case Function::softplus: return softplus_of(x);
        case Function::softsign: return x / (one + abs(x));
        case Function::celu: return max(zero, x) + alpha * expm1(min(zero, x) / alpha);
        case Function::elu: return max(zero, x) + alpha * expm1(min(zero, x));
        case Function::selu: return V(1.05070098f) * (max(zero, x) + V(1.67326324f) * expm1(min(zero, x)));
        case Function::exponential: return exp(x);
        case Function::silu: return x / (one + exp(-x));
        case Function::hard_silu: return x * clip(fma(V(1 / 6.0f), x, V(0.5f)), 0, 1);
        case Function::gelu: return V(0.5f) * x * (one + erf(x * V(0.707106781f)));
        // x (1 + tanh(y)) / 2 = x / (1 + exp(-2 y))
        case Function::gelu_tanh: return x / (one + exp(V(-1.59576912f) * fma(V(0.044715f) * x, x * x, x)));
        case Function::relu6: return clip(x, 0, 6);
        case Function::leaky_relu: return max(zero, x) + alpha * min(zero, x);
        case Function::mish: return x * tanh_of(softplus_of(x));
        case Function::hard_tanh: return clip(x, -1, 1);
        case Function::log_sigmoid: return -softplus_of(-x);
        case Function::tanh_shrink: return x - tanh_of(x);
        case Function::squareplus: return V(0.5f) * (x + sqrt(fma(x, x, V(4.0f))));
        case Function::soft_shrink: return max(zero, x - alpha) + min(zero, x + alpha);
        case Function::hard_shrink: return select(abs(x) <= alpha, zero, x);
        case Function::sparse_plus: return select(x <= -one, zero, select(x < one, V(0.25f) * (x + one) * (x + one), x));
        case Function::sparse_sigmoid: return clip(fma(V(0.5f), x, V(0.5f)), 0, 1);
        default: return x;
    }
}

}  // namespace
}  // namespace runnel
