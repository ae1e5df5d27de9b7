/// Functions of whole vectors: activations in place, sums, checks.
#pragma once
#include <cstring>

#include "activation.hpp"
#include "inspect.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

/// f over n values in place, and over what the last vector holds beyond them. Up to 8 values take the vector of a
/// block of 8, as they were written in such vectors.
template <class Isa, class F> void transform(float* x, std::uint32_t n, F f) {
    const auto run = [&]<class V>(V*) {
        for (std::uint32_t i = 0; i < n; i += std::uint32_t(V::size))
            f(V::load_unaligned(x + i)).store_unaligned(x + i);
    };
    if (n <= 8) run(static_cast<typename Isa::template floats<8>*>(nullptr));
    else run(static_cast<typename Isa::template floats<16>*>(nullptr));
}

/// The largest value; NaN if any is NaN.
inline float largest(const float* x, std::uint32_t n) {
    float m = x[0];
    for (std::uint32_t i = 1; i < n; ++i) m = x[i] < m ? m : x[i];
    return m;
}

/// The sum of n values, in double and in the same order on every CPU.
inline double total(const float* x, std::uint32_t n) {
    double sums[8] = {};
    std::uint32_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::uint32_t k = 0; k < 8; ++k) sums[k] += double(x[i + k]);
    for (; i < n; ++i) sums[i % 8] += double(x[i]);
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/// exp(x - max) / sum
template <class Isa> void softmax(float* x, std::uint32_t n) {
    const float top = largest(x, n);
    transform<Isa>(x, n, [&]<class V>(V v) { return exp_of_difference(v, V(top)); });
    const float sum = float(total(x, n));
    transform<Isa>(x, n, [&]<class V>(V v) { return divide(v, V(sum)); });
}

/// x - max - log(sum exp(x - max)); 16 at a time, as there is no room for all exponentials. The largest one's own
/// exponential is 1; the logarithm is taken of the others' sum, which may be far smaller.
template <class Isa> void log_softmax(float* x, std::uint32_t n) {
    const float top = largest(x, n);
    double others = 0;
    bool found = false;
    for (std::uint32_t i = 0; i < n; i += 16) {
        float part[16] = {};
        const std::uint32_t count = n - i < 16 ? n - i : 16;
        std::memcpy(part, x + i, count * sizeof *x);
        transform<Isa>(part, 16, [&]<class V>(V v) { return exp_of_difference(v, V(top)); });
        for (std::uint32_t k = 0; k < count && !found; ++k)
            if (x[i + k] == top) part[k] = 0, found = true;
        others += total(part, count);
    }
    const float log_sum = float(::log1p(others));
    transform<Isa>(x, n, [&]<class V>(V v) { return v - V(top) - V(log_sum); });
}

/// max(x - tau, 0) with the tau that makes the sum 1 (Martins and Astudillo 2016); tau by Michelot's iteration,
/// which needs no sorting and ends after at most n rounds.
template <class Isa> void sparsemax(float* x, std::uint32_t n) {
    float tau = float((total(x, n) - 1) / n);
    for (std::uint32_t round = 0, support = n; round < n; ++round) {
        float sum = 0;
        std::uint32_t count = 0;
        for (std::uint32_t i = 0; i < n; ++i)
            if (x[i] > tau) sum += x[i], ++count;
        if (count == 0 || count == support) break;
        tau = (sum - 1) / float(count), support = count;
    }
    transform<Isa>(x, n, [&]<class V>(V v) { return max(V(0.0f), v - V(tau)); });
}

/// x[:n/2] * sigmoid(x[n/2:]), in the first half.
template <class Isa> void glu(float* x, std::uint32_t n) {
    const std::uint32_t half = n / 2;
    for (std::uint32_t i = 0; i < half; i += 16) {
        float gate[16] = {};
        const std::uint32_t count = half - i < 16 ? half - i : 16;
        for (std::uint32_t k = 0; k < count; ++k) gate[k] = x[half + i + k];
        transform<Isa>(gate, 16, []<class V>(V v) { return exact_sigmoid(v); });
        for (std::uint32_t k = 0; k < count; ++k) x[i + k] *= gate[k];
    }
}

template <class Isa> void activate(Activation f, float* x, std::uint32_t n) {
    switch (f.function) {
        case Function::linear: return;
        case Function::softmax: return softmax<Isa>(x, n);
        case Function::log_softmax: return log_softmax<Isa>(x, n);
        case Function::sparsemax: return sparsemax<Isa>(x, n);
        case Function::glu: return glu<Isa>(x, n);
        case Function::tanh: return transform<Isa>(x, n, []<class V>(V v) { return tanh_of<Fused>(v); });
        case Function::sigmoid: return transform<Isa>(x, n, []<class V>(V v) { return exact_sigmoid(v); });
        default: return transform<Isa>(x, n, [f]<class V>(V v) { return apply<Fused>(f, v); });
    }
}

/// As activate, but with tanh to the same bits on every CPU, as sigmoid and softmax are.
template <class Isa> void activate_reproducibly(Activation f, float* x, std::uint32_t n) {
    if (f.function == Function::tanh)
        return transform<Isa>(x, n, []<class V>(V v) { return tanh_of<SeparateFloats>(v); });
    activate<Isa>(f, x, n);
}

/// codes[i] = x[i] / scale rounded to nearest, ties to even, and saturated to +-limit; returns how many were.
/// `inverse` is 1 / scale. Adding 1.5 * 2^23 rounds in the default mode; the code is then in the low bits.
template <class Code>
std::uint32_t quantize(const float* __restrict x, std::size_t n, float inverse, Code* __restrict codes) {
    constexpr float limit = sizeof(Code) == 1 ? 127.0f : 32767.0f;
    std::int32_t saturated[16] = {};  // by lane
    const auto chunk = [&]<std::size_t size>(std::integral_constant<std::size_t, size>, std::size_t start) {
        std::int32_t wide[size];
        for (std::size_t i = 0; i < size; ++i) {
            const float v = x[start + i] * inverse;
            saturated[i] += int(v > limit + 0.5f) | int(v < -limit - 0.5f);
            const float below = v > limit ? limit : v, within = below < -limit ? -limit : below;
            wide[i] = __builtin_bit_cast(std::int32_t, within + 12582912.0f) - 0x4B400000;
        }
        for (std::size_t i = 0; i < size; ++i) codes[start + i] = Code(wide[i]);
    };
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) chunk(std::integral_constant<std::size_t, 16>{}, i);
    if (i + 8 <= n) chunk(std::integral_constant<std::size_t, 8>{}, i), i += 8;
    for (; i < n; ++i) chunk(std::integral_constant<std::size_t, 1>{}, i);
    std::uint32_t total = 0;
    for (const std::int32_t count : saturated) total += std::uint32_t(count);
    return total;
}

/// An IEEE half. Its exponent is moved by a multiplication with 2^112, which serves subnormal ones too.
inline float half_to_float(std::uint16_t half) {
    const std::uint32_t magnitude = std::uint32_t(half & 0x7fff) << 13, sign = std::uint32_t(half & 0x8000) << 16;
    const float value = __builtin_bit_cast(float, magnitude) * 5.192296858534828e33f;
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, value) | sign);
}

/// A row of an embedding as floats. `scales`: int8 one; int4 one for each 32 values.
inline void expand(Format format, const void* row, const float* scales, std::size_t n, float* out) {
    switch (format) {
        case Format::f16:
            for (std::size_t i = 0; i < n; ++i) out[i] = half_to_float(static_cast<const std::uint16_t*>(row)[i]);
            return;
        case Format::int8:
            for (std::size_t i = 0; i < n; ++i) out[i] = float(static_cast<const std::int8_t*>(row)[i]) * scales[0];
            return;
        case Format::int4:
            for (std::size_t i = 0; i < n; ++i) {
                const int both = static_cast<const std::uint8_t*>(row)[i / 2];
                out[i] = float((i % 2 ? both >> 4 : both & 15) - 8) * scales[i / 32];
            }
            return;
        default: std::memcpy(out, row, n * sizeof(float));
    }
}

}  // namespace
}  // namespace runnel
