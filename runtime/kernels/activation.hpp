/// Activation functions over vectors.
#pragma once
#include "base/activation.hpp"
#include "isa.hpp"

namespace runnel {
namespace {

/// a b + c, rounded once. Debian's XSIMD 8.1 knows no fused form on AVX-512.
struct Fused {
    template <class V> static V multiply_add(V a, V b, V c) { return fma(a, b, c); }
#if defined(__AVX512F__)
    using V512 = xsimd::batch<float, xsimd::avx512bw>;
    static V512 multiply_add(V512 a, V512 b, V512 c) { return V512(_mm512_fmadd_ps(a, b, c)); }
#endif
};

/// a b + c, rounded twice: the same bits with and without fused instructions (contraction is off: CMakeLists.txt).
struct Separate {
    template <class V> static V multiply_add(V a, V b, V c) { return a * b + c; }
};

/// a / b, correctly rounded, also where the vector unit has no division (ARMv7).
template <class V> V divide(V a, V b) {
#if defined(__arm__)
    float x[V::size], y[V::size];
    a.store_unaligned(x), b.store_unaligned(y);
    for (std::size_t i = 0; i < V::size; ++i) x[i] /= y[i];
    return V::load_unaligned(x);
#else
    return a / b;
#endif
}

/// tanh(half x) / half, for half = 1 or 1/2 (a power of two scales the coefficients exactly): x P(x^2) / Q(x^2), the
/// minimax rational of degrees 7 and 8 (tests/golden/fit_tanh.py). Its absolute error as tanh is below 1e-6 for
/// all floats.
template <class Arithmetic, class V> V rational_tanh(V x, float half) {
    const float s = half * half, limit = 7.9f / half;
    // The operands' order lets NaN pass: x86's min and max return the second one.
    x = min(V(limit), max(V(-limit), x));
    const V u = x * x;
    const auto times_u_plus = [u](V a, float b) { return Arithmetic::multiply_add(u, a, V(b)); };
    V p = times_u_plus(V(1.15318355e-05f * s * s * s), 0.00296047293f * s * s);
    p = times_u_plus(p, 0.129344171f * s);
    p = times_u_plus(p, 0.999999869f);
    V q = times_u_plus(V(2.49254685e-07f * s * s * s * s), 0.000240012003f * s * s * s);
    q = times_u_plus(q, 0.0238540814f * s * s);
    q = times_u_plus(q, 0.462676438f * s);
    q = times_u_plus(q, 1.0f);
    return divide(x * p, q);
}

template <class Arithmetic, class V> V tanh_of(V x) { return rational_tanh<Arithmetic>(x, 1.0f); }

/// 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2.
template <class Arithmetic, class V> V sigmoid_of(V x) {
    return Arithmetic::multiply_add(V(0.25f), rational_tanh<Arithmetic>(x, 0.5f), V(0.5f));
}

template <class V> V clip(V x, float low, float high) { return min(V(high), max(V(low), x)); }

/// log(1 + exp(x)), without overflow.
template <class V> V softplus_of(V x) { return max(V(0.0f), x) + log1p(exp(-abs(x))); }

/// f(x) for every elementwise function.
template <class Arithmetic, class V> V apply(Activation f, V x) {
    const auto fma = [](V a, V b, V c) { return Arithmetic::multiply_add(a, b, c); };
    const V zero(0.0f), one(1.0f), alpha(f.alpha);
    switch (f.function) {
        case Function::tanh: return tanh_of<Arithmetic>(x);
        case Function::sigmoid: return sigmoid_of<Arithmetic>(x);
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
        case Function::mish: return x * tanh_of<Arithmetic>(softplus_of(x));
        case Function::hard_tanh: return clip(x, -1, 1);
        case Function::log_sigmoid: return -softplus_of(-x);
        case Function::tanh_shrink: return x - tanh_of<Arithmetic>(x);
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
