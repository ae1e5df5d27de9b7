/// The vector types of each instruction set. This header is compiled once per set, with that set's flags; all
/// names are local to the object (see instance.cpp).
#pragma once
#include <cmath>
#include <cstdint>
#include <xsimd/xsimd.hpp>

namespace runnel {
namespace {

/// A vector of one float, with the operations of xsimd::batch that the kernels use.
struct Lane {
    static constexpr std::size_t size = 1;
    float value;

    Lane() = default;
    Lane(float v) : value(v) {}
    static Lane load_unaligned(const float* p) { return {*p}; }
    void store_unaligned(float* p) const { *p = value; }
    friend Lane operator+(Lane a, Lane b) { return a.value + b.value; }
    friend Lane operator-(Lane a, Lane b) { return a.value - b.value; }
    friend Lane operator*(Lane a, Lane b) { return a.value * b.value; }
    friend Lane operator/(Lane a, Lane b) { return a.value / b.value; }
    friend Lane operator-(Lane a) { return -a.value; }
    friend bool operator<(Lane a, Lane b) { return a.value < b.value; }
    friend bool operator<=(Lane a, Lane b) { return a.value <= b.value; }
    friend Lane fma(Lane a, Lane b, Lane c) { return a.value * b.value + c.value; }
    friend Lane min(Lane a, Lane b) { return a.value < b.value ? a : b; }
    friend Lane max(Lane a, Lane b) { return a.value > b.value ? a : b; }
    friend Lane abs(Lane a) { return __builtin_fabsf(a.value); }
    friend Lane sqrt(Lane a) { return __builtin_sqrtf(a.value); }
    friend Lane exp(Lane a) { return ::expf(a.value); }
    friend Lane expm1(Lane a) { return ::expm1f(a.value); }
    friend Lane log(Lane a) { return ::logf(a.value); }
    friend Lane log1p(Lane a) { return ::log1pf(a.value); }
    friend Lane erf(Lane a) { return ::erff(a.value); }
    friend Lane select(bool c, Lane a, Lane b) { return c ? a : b; }
};

/// A vector of one 32-bit integer.
struct IntLane {
    static constexpr std::size_t size = 1;
    std::int32_t value;

    IntLane() = default;
    IntLane(std::int32_t v) : value(v) {}
    friend IntLane operator+(IntLane a, IntLane b) { return a.value + b.value; }
    friend Lane to_float(IntLane a) { return float(a.value); }
    /// a 2^n for 2^n within the normal floats.
    friend Lane ldexp(Lane a, IntLane n) { return a.value * __builtin_bit_cast(float, (n.value + 127) << 23); }
};
inline IntLane to_int(Lane a) { return std::int32_t(a.value); }

/// floats<W>, ints<W>: the vectors for a block of W units (16 or 8); at most W lanes. sums: how many of the registers
/// one stream uses for its sums; processors that run in order want many others, to load ahead. rows_last: whether a row
/// of a projected embedding is read behind the sums, which hides its way from memory where a CPU looks far ahead.
namespace isa {

struct scalar {
    static constexpr int registers = 16, sums = 12;
    static constexpr bool rows_last = true;
    template <int W> using floats = Lane;
    template <int W> using ints = IntLane;
};
struct sse2 {
    static constexpr int registers = 16, sums = 12;
    static constexpr bool rows_last = true;
    template <int W> using floats = xsimd::batch<float, xsimd::sse2>;
    template <int W> using ints = xsimd::batch<std::int32_t, xsimd::sse2>;
};
struct avx2 {
    static constexpr int registers = 16, sums = 12;
    static constexpr bool rows_last = true;
    template <int W> using floats = xsimd::batch<float, xsimd::fma3<xsimd::avx2>>;
    template <int W> using ints = xsimd::batch<std::int32_t, xsimd::fma3<xsimd::avx2>>;
};
struct avx512 {
    static constexpr int registers = 32, sums = 28;
    static constexpr bool rows_last = true;
    template <int W> using floats = std::conditional_t<W == 16, xsimd::batch<float, xsimd::avx512bw>, avx2::floats<W>>;
    template <int W> using ints =
        std::conditional_t<W == 16, xsimd::batch<std::int32_t, xsimd::avx512bw>, avx2::ints<W>>;
};
struct avx512vnni : avx512 {};
struct neon {
    static constexpr int registers = 16, sums = 12;
    static constexpr bool rows_last = false;
    template <int W> using floats = xsimd::batch<float, xsimd::neon>;
    template <int W> using ints = xsimd::batch<std::int32_t, xsimd::neon>;
};
struct neon64 {
    static constexpr int registers = 32, sums = 16;
    static constexpr bool rows_last = false;
    template <int W> using floats = xsimd::batch<float, xsimd::neon64>;
    template <int W> using ints = xsimd::batch<std::int32_t, xsimd::neon64>;
};
struct dotprod : neon64 {};

}  // namespace isa

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

}  // namespace
}  // namespace runnel
