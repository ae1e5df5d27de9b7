/// Activation functions over vectors.
#pragma once
#include <iterator>

#include "base/activation.hpp"
#include "exponential.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

/// How the float formats compute. tanh(x) ~ gain x P(x^2) / Q(x^2) on [-limit, limit], where the highest coefficients
/// of P and Q are 1 and the others, from the constant one upwards, are in p and q (tests/golden/fit_tanh.py). Its
/// relative error, and so its absolute one, is below 1e-6 for all floats.
struct Fused {
    static constexpr float limit = 7.9f, gain = 46.2652665f;
    static constexpr float p[] = {86716.4357f, 11216.2672f, 256.721713f};
    static constexpr float q[] = {4011959.53f, 1856239.16f, 95701.613f, 962.918565f};

    /// a b + c, rounded once where the CPU can. Debian's XSIMD 8.1 knows no fused form on AVX-512.
    template <class V> static V multiply_add(V a, V b, V c) { return fma(a, b, c); }
#if defined(__AVX512F__)
    using V512 = xsimd::batch<float, xsimd::avx512bw>;
    static V512 multiply_add(V512 a, V512 b, V512 c) { return V512(_mm512_fmadd_ps(a, b, c)); }
#endif
    /// Whether the squares of what it is given may be subnormal.
    static constexpr bool meets_tiny = true;
};

/// How the integer formats compute: to the same bits on every CPU, as each operation is rounded by itself
/// (contraction is off: CMakeLists.txt), and no finer than their codes need.
struct Separate {
    template <class V> static V multiply_add(V a, V b, V c) { return a * b + c; }
    static constexpr bool meets_tiny = false;  // sums of codes are 0 or larger
};

/// For codes of 16 bits: the error of tanh is below 2e-5.
struct Separate16 : Separate {
    static constexpr float limit = 6.25f, gain = 27.5038507f;
    static constexpr float p[] = {682.976479f, 77.8384724f};
    static constexpr float q[] = {18785.1841f, 8400.4095f, 324.962745f};
};

/// For codes of 8 bits: the error of tanh is below 6e-5.
struct Separate8 : Separate {
    static constexpr float limit = 5.2f, gain = 0.0510940677f;
    static constexpr float p[] = {1572.92915f, 158.973738f};
    static constexpr float q[] = {80.3861827f, 34.8647013f};
};

/// For floats that become codes, or answers: as exact as Fused.
struct SeparateFloats : Fused {
    template <class V> static V multiply_add(V a, V b, V c) { return a * b + c; }
};

/// s^n (c[0] + c[1] v + ... + v^n) for v = u / s, where s is a power of two.
template <class Arithmetic, std::size_t n, class V>
[[gnu::always_inline]] inline V polynomial(const float (&c)[n], float s, V u) {
    V y = u + V(c[n - 1] * s);
    float scale = s * s;
    for (std::size_t i = n - 1; i-- > 0; scale *= s) y = Arithmetic::multiply_add(u, y, V(c[i] * scale));
    return y;
}

/// add + times tanh(x / over), for over = 1 or 2, so that no coefficient's digits change.
template <class Arithmetic, int over, class V>
[[gnu::always_inline]] inline V rational_tanh(V x, float times, float add) {
    constexpr float limit = Arithmetic::limit * over, s = over * over;
    constexpr bool equal_degrees = std::size(Arithmetic::p) == std::size(Arithmetic::q);
    constexpr float gain = Arithmetic::gain * (equal_degrees ? 1.0f / over : float(over));
    // The operands' order lets NaN pass: x86's min and max return the second one.
    V u = x * x;
    x = min(V(limit), max(V(-limit), x));
    // Beside the coefficients that is nothing, and no operation behind it is slowed by a subnormal u.
    if constexpr (Arithmetic::meets_tiny) u = min(V(limit * limit), max(V(tiny), u));
    else u = x * x;
    const V ratio =
        divide(x * polynomial<Arithmetic>(Arithmetic::p, s, u), polynomial<Arithmetic>(Arithmetic::q, s, u));
    return add == 0 ? ratio * V(times * gain) : Arithmetic::multiply_add(ratio, V(times * gain), V(add));
}

template <class Arithmetic, class V> [[gnu::always_inline]] inline V tanh_of(V x) {
    return rational_tanh<Arithmetic, 1>(x, 1.0f, 0.0f);
}

/// 1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2.
template <class Arithmetic, class V> [[gnu::always_inline]] inline V sigmoid_of(V x) {
    return rational_tanh<Arithmetic, 2>(x, 0.5f, 0.5f);
}

template <class V> V clip(V x, float low, float high) { return min(V(high), max(V(low), x)); }

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
        case Function::exponential: return exp_of(x);
        case Function::silu: return x / (one + exp_of(-x));
        case Function::hard_silu: return x * clip(fma(V(1 / 6.0f), x, V(0.5f)), 0, 1);
        case Function::gelu: return V(0.5f) * x * (one + erf(x * V(0.707106781f)));
        // x (1 + tanh(y)) / 2 = x / (1 + exp(-2 y))
        case Function::gelu_tanh: return x / (one + exp_of(V(-1.59576912f) * fma(V(0.044715f) * x, x * x, x)));
        case Function::relu6: return clip(x, 0, 6);
        case Function::leaky_relu: return max(zero, x) + alpha * min(zero, x);
        case Function::mish: return x * tanh_of<Arithmetic>(softplus_of(x));
        case Function::hard_tanh: return clip(x, -1, 1);
        case Function::log_sigmoid: return -softplus_of(-x);
        case Function::tanh_shrink: return x - tanh_of<Arithmetic>(x);
        case Function::squareplus: return V(0.5f) * (x + sqrt(fma(x, x, V(4.0f))));
        case Function::soft_shrink: return max(zero, x - alpha) + min(zero, x + alpha);
        case Function::hard_shrink: return select(abs(x) <= alpha, zero, x);
        case Function::sparse_plus:
            return select(x <= -one, zero, select(x < one, V(0.25f) * (x + one) * (x + one), x));
        case Function::sparse_sigmoid: return clip(fma(V(0.5f), x, V(0.5f)), 0, 1);
        default: return x;
    }
}

}  // namespace
}  // namespace runnel
