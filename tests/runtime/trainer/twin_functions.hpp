/// The functions of the float twin, over one double or a vector of floats.
#pragma once
#include <cmath>
#include <cstdint>

#include "runnel/trainer.hpp"

namespace twin {

using namespace runnel::training;

template <class V> struct Traits {
    using R = V;
    static constexpr int lanes = 1;
    static V each(V x, auto f) { return f(x); }
    static R& lane(V& v, int) { return v; }
    static R sum(V v) { return v; }
};
typedef float Floats __attribute__((vector_size(64)));
template <> struct Traits<Floats> {
    using R = float;
    static constexpr int lanes = 16;
    static Floats each(Floats x, auto f) {
        for (int l = 0; l < lanes; ++l) x[l] = f(x[l]);
        return x;
    }
    static float& lane(Floats& v, int l) { return reinterpret_cast<float*>(&v)[l]; }
    static float sum(Floats v) {
        float s = 0;
        for (int l = 0; l < lanes; ++l) s += v[l];
        return s;
    }
};

inline double exponential(double x) { return std::exp(x); }
/// exp by range reduction and a Taylor polynomial, to float's precision; |x| clamped at 80.
inline Floats exponential(Floats x) {
    typedef int32_t Ints __attribute__((vector_size(64)));
    x = x > 80.f ? Floats{} + 80.f : x < -80.f ? Floats{} - 80.f : x;
    const Floats scaled = x * 1.44269504f;
    const Ints k = __builtin_convertvector(scaled + (scaled > 0.f ? Floats{} + 0.5f : Floats{} - 0.5f), Ints);
    const Floats whole = __builtin_convertvector(k, Floats);
    const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    const Floats p =
        1.f +
        r * (1.f + r * (0.5f + r * (0.16666667f + r * (0.041666667f + r * (0.0083333333f + r * 0.00138888889f)))));
    return p * (Floats)((k + 127) << 23);
}
template <class V> V sigmoid(V x) { return 1 / (1 + exponential(-x)); }
template <class V> V apply(Function f, V x) {
    using T = Traits<V>;
    switch (f) {
    case Function::tanh:
        return 2 * sigmoid(2 * x) - 1;
    case Function::sigmoid:
        return sigmoid(x);
    case Function::relu:
        return T::each(x, [](auto v) { return v > 0 ? v : 0; });
    case Function::hard_sigmoid:
        return T::each(x, [](auto v) {
            return v < decltype(v)(-2.5) ? 0 : v > decltype(v)(2.5) ? 1 : decltype(v)(0.2) * v + decltype(v)(0.5);
        });
    default:
        return x;
    }
}
/// The derivative from the function's value.
template <class V> V slope(Function f, V y) {
    using T = Traits<V>;
    switch (f) {
    case Function::tanh:
        return 1 - y * y;
    case Function::sigmoid:
        return y * (1 - y);
    case Function::relu:
        return T::each(y, [](auto v) { return decltype(v)(v > 0); });
    case Function::hard_sigmoid:
        return T::each(y, [](auto v) { return v > 0 && v < 1 ? decltype(v)(0.2) : 0; });
    default:
        return V{} + 1;
    }
}

}  // namespace twin
