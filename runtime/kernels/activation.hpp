/// Activation functions over vectors.
#pragma once
#include "base/activation.hpp"
#include "isa.hpp"

namespace runnel {
namespace {

/// How the float formats compute. tanh(x) ~ x P(x^2) / Q(x^2) on [-limit, limit], coefficients from the constant
/// one upwards (tests/golden/fit_tanh.py): its relative error, and so its absolute one, is below 1e-6 for all floats.
struct Fused {
    static constexpr float limit = 7.9f;
    static constexpr float p[] = {0.999999869f, 0.129344171f, 0.00296047293f, 1.15318355e-05f};
    static constexpr float q[] = {1.0f, 0.462676438f, 0.0238540814f, 0.000240012003f, 2.49254685e-07f};

    /// a b + c, rounded once where the CPU can. Debian's XSIMD 8.1 knows no fused form on AVX-512.
    template <class V> static V multiply_add(V a, V b, V c) { return fma(a, b, c); }
#if defined(__AVX512F__)
    using V512 = xsimd::batch<float, xsimd::avx512bw>;
    static V512 multiply_add(V512 a, V512 b, V512 c) { return V512(_mm512_fmadd_ps(a, b, c)); }
#endif
};

/// How the integer formats compute: to the same bits on every CPU, as each operation is rounded by itself
/// (contraction is off: CMakeLists.txt), and no finer than their codes need: the error of tanh is below 1e-5.
struct Separate {
    static constexpr float limit = 6.25f;
    static constexpr float p[] = {0.999962682f, 0.113965224f, 0.00146412463f};
    static constexpr float q[] = {1.0f, 0.447182707f, 0.0172988853f, 5.32334414e-05f};

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

/// c[0] + c[1] (s u) + c[2] (s u)^2 + ..., where s is a power of two, so that it changes no coefficient's digits.
template <class Arithmetic, std::size_t n, class V> V polynomial(const float (&c)[n], float s, V u) {
    float scale[n] = {1.0f};
    for (std::size_t i = 1; i < n; ++i) scale[i] = scale[i - 1] * s;
    V y(c[n - 1] * scale[n - 1]);
    for (std::size_t i = n - 1; i-- > 0;) y = Arithmetic::multiply_add(u, y, V(c[i] * scale[i]));
    return y;
}

/// tanh(half x) / half, for half = 1 or 1/2.
template <class Arithmetic, class V> V rational_tanh(V x, float half) {
    const float limit = Arithmetic::limit / half;
    // The operands' order lets NaN pass: x86's min and max return the second one.
    x = min(V(limit), max(V(-limit), x));
    const V u = x * x;
    return divide(x * polynomial<Arithmetic>(Arithmetic::p, half * half, u),
                  polynomial<Arithmetic>(Arithmetic::q, half * half, u));
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
