/// Functions of whole vectors: activations in place, sums, checks.
#pragma once
#include "activation.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

/// f over n values in place; the last vector is padded with zeros.
template <class V, class F> void transform(float* x, std::uint32_t n, F f) {
    constexpr std::uint32_t lanes = std::uint32_t(V::size);
    std::uint32_t i = 0;
    for (; i + lanes <= n; i += lanes) f(V::load_unaligned(x + i)).store_unaligned(x + i);
    if (i == n) return;
    float rest[lanes] = {};
    for (std::uint32_t k = i; k < n; ++k) rest[k - i] = x[k];
    f(V::load_unaligned(rest)).store_unaligned(rest);
    for (std::uint32_t k = i; k < n; ++k) x[k] = rest[k - i];
}

/// The largest value; NaN if any is NaN.
inline float largest(const float* x, std::uint32_t n) {
    float m = x[0];
    for (std::uint32_t i = 1; i < n; ++i) m = x[i] < m ? m : x[i];
    return m;
}

inline float total(const float* x, std::uint32_t n) {
    float sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) sum += x[i];
    return sum;
}

/// exp(x - max) / sum
template <class V> void softmax(float* x, std::uint32_t n) {
    const V top(largest(x, n));
    transform<V>(x, n, [&](V v) { return exp(v - top); });
    const V scale(1.0f / total(x, n));
    transform<V>(x, n, [&](V v) { return v * scale; });
}

/// x - max - log(sum exp(x - max))
template <class V> void log_softmax(float* x, std::uint32_t n) {
    const V top(largest(x, n));
    float sum = 0;
    for (std::uint32_t i = 0; i < n; i += std::uint32_t(V::size)) {
        float part[V::size] = {};
        const std::uint32_t count = n - i < V::size ? n - i : std::uint32_t(V::size);
        for (std::uint32_t k = 0; k < count; ++k) part[k] = x[i + k];
        exp(V::load_unaligned(part) - top).store_unaligned(part);
        sum += total(part, count);
    }
    float log_sum[V::size];
    log(V(sum)).store_unaligned(log_sum);
    transform<V>(x, n, [&](V v) { return v - top - V(log_sum[0]); });
}

/// max(x - tau, 0) with the tau that makes the sum 1 (Martins and Astudillo 2016); tau by Michelot's iteration,
/// which needs no sorting and ends after at most n rounds.
template <class V> void sparsemax(float* x, std::uint32_t n) {
    float tau = (total(x, n) - 1) / float(n);
    for (std::uint32_t round = 0, support = n; round < n; ++round) {
        float sum = 0;
        std::uint32_t count = 0;
        for (std::uint32_t i = 0; i < n; ++i)
            if (x[i] > tau) sum += x[i], ++count;
        if (count == 0 || count == support) break;
        tau = (sum - 1) / float(count), support = count;
    }
    transform<V>(x, n, [&](V v) { return max(V(0.0f), v - V(tau)); });
}

/// x[:n/2] * sigmoid(x[n/2:]), in the first half.
template <class V> void glu(float* x, std::uint32_t n) {
    const std::uint32_t half = n / 2;
    transform<V>(x + half, half, [](V v) { return sigmoid_of(v); });
    for (std::uint32_t i = 0; i < half; ++i) x[i] *= x[half + i];
}

template <class V> void activate(Activation f, float* x, std::uint32_t n) {
    switch (f.function) {
        case Function::linear: return;
        case Function::softmax: return softmax<V>(x, n);
        case Function::log_softmax: return log_softmax<V>(x, n);
        case Function::sparsemax: return sparsemax<V>(x, n);
        case Function::glu: return glu<V>(x, n);
        case Function::tanh: return transform<V>(x, n, [](V v) { return tanh_of(v); });
        case Function::sigmoid: return transform<V>(x, n, [](V v) { return sigmoid_of(v); });
        default: return transform<V>(x, n, [f](V v) { return apply(f, v); });
    }
}

/// x * 0 is 0 for every finite x, else NaN.
inline bool all_finite(const float* x, std::size_t n) {
    float zero[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; ++k) zero[k] += x[i + k] * 0.0f;
    for (; i < n; ++i) zero[0] += x[i] * 0.0f;
    float sum = 0;
    for (float z : zero) sum += z;
    return sum == 0;
}

}  // namespace
}  // namespace runnel
