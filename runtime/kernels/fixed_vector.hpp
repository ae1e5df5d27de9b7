/// Vectors of int32 for the fixed-mode kernels: `Ints<N>` is N lanes of the compiler's vector type, and a plain
/// int32_t for N = 1, so that one source serves every instruction set and a microcontroller. Compiled once per
/// instruction set; all names are local to the object (see fixed_instance.cpp).
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/fixed.hpp"
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define RUNNEL_INLINE [[gnu::always_inline]] inline

namespace runnel {
namespace {

template <class Element, int N> struct VectorOf {
    typedef Element type __attribute__((vector_size(N * sizeof(Element))));
};
template <class Element> struct VectorOf<Element, 1> { using type = Element; };
template <int N> using Ints = typename VectorOf<int32_t, N>::type;
template <int N> using Words = typename VectorOf<uint32_t, N>::type;
template <int N> using Shorts = typename VectorOf<int16_t, N>::type;

/// Lanes of the widest vector of this compilation.
#if defined(__AVX512BW__)
constexpr int native_lanes = 16;
#elif defined(__AVX2__)
constexpr int native_lanes = 8;
#elif defined(__SSE2__) || defined(__ARM_NEON)
constexpr int native_lanes = 4;
#else
constexpr int native_lanes = 1;
#endif

template <class T> RUNNEL_INLINE T load(const void* p) {
    T v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
template <class T> RUNNEL_INLINE void store(void* p, T v) { __builtin_memcpy(p, &v, sizeof v); }
template <int N> RUNNEL_INLINE Ints<N> load32(const int32_t* p) { return load<Ints<N>>(p); }
/// N int16, widened.
template <int N> RUNNEL_INLINE Ints<N> load16(const int16_t* p) {
    if constexpr (N == 1) return *p;
    else return __builtin_convertvector(load<Shorts<N>>(p), Ints<N>);
}
/// The low halves of N int32.
template <int N> RUNNEL_INLINE void store16(int16_t* p, Ints<N> v) {
    if constexpr (N == 1) *p = int16_t(v);
    else store(p, __builtin_convertvector(v, Shorts<N>));
}
template <int N> RUNNEL_INLINE Ints<N> broadcast(int32_t x) { return x - Ints<N>{}; }
template <int N> RUNNEL_INLINE Ints<N> shift_right_logical(Ints<N> v, int shift) {
    return (Ints<N>)((Words<N>)v >> shift);
}

/// Table entries at N indices.
template <int N> RUNNEL_INLINE Words<N> lookup(const uint32_t* table, Ints<N> index) {
#if defined(__AVX512BW__)
    if constexpr (N == 16) return (Words<16>)_mm512_i32gather_epi32((__m512i)index, table, 4);
#endif
#if defined(__AVX2__)
    if constexpr (N == 8) return (Words<8>)_mm256_i32gather_epi32((const int*)table, (__m256i)index, 4);
#endif
    if constexpr (N == 1) {
        return table[index];
    } else {
        Words<N> v;
        for (int i = 0; i < N; ++i) v[i] = table[index[i]];
        return v;
    }
}

template <int N> struct Halves { Ints<N / 2> low, high; };
template <int N> RUNNEL_INLINE int32_t sum(Ints<N> v) {
    if constexpr (N == 1) {
        return v;
    } else {
        const auto [low, high] = load<Halves<N>>(&v);
        return sum<N / 2>(low + high);
    }
}
template <int N> RUNNEL_INLINE uint32_t any_bits(Ints<N> v) {
    if constexpr (N == 1) {
        return uint32_t(v);
    } else {
        const auto [low, high] = load<Halves<N>>(&v);
        return any_bits<N / 2>(low | high);
    }
}
template <int N> RUNNEL_INLINE int32_t lane(Ints<N> v, int i) {
    if constexpr (N == 1) return v;
    else return v[i];
}
/// -1 or 0 in each lane.
template <int N> RUNNEL_INLINE Ints<N> mask_of(auto comparison) {
    if constexpr (N == 1) return comparison ? -1 : 0;
    else return comparison;
}

/// Two int16 per lane, to be multiplied by two broadcast weights.
template <int N> struct Pairs {
#if defined(__SSE2__)
    Ints<N> both;
    RUNNEL_INLINE static Pairs of(Ints<N> first, Ints<N> second) { return {(first & 0xffff) | (second << 16)}; }
#else
    Ints<N> first, second;
    RUNNEL_INLINE static Pairs of(Ints<N> first, Ints<N> second) { return {first, second}; }
#endif
};

#if defined(__SSE2__)
/// Per lane: the sum of the two int16 products.
template <int N> RUNNEL_INLINE Ints<N> multiply_pairs(Ints<N> a, Ints<N> b) {
#if defined(__AVX512BW__)
    if constexpr (N == 16) return (Ints<16>)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#endif
#if defined(__AVX2__)
    if constexpr (N == 8) return (Ints<8>)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#endif
    if constexpr (N == 4) return (Ints<4>)_mm_madd_epi16((__m128i)a, (__m128i)b);
    else if constexpr (N < 4) return int16_t(a) * int16_t(b) + (a >> 16) * (b >> 16);
}
#endif

/// sum + first * low half of weights + second * high half.
template <int N> RUNNEL_INLINE Ints<N> dot2(Ints<N> sum, Pairs<N> x, int32_t weights) {
#if defined(__AVX512VNNI__)
    if constexpr (N == 16)
        return (Ints<16>)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)x.both, _mm512_set1_epi32(weights));
#endif
#if defined(__SSE2__)
    return sum + multiply_pairs<N>(x.both, broadcast<N>(weights));
#else
    return sum + x.first * int32_t(int16_t(weights)) + x.second * (weights >> 16);
#endif
}
RUNNEL_INLINE int32_t pack_weights(int32_t first, int32_t second) {
    return int32_t((uint32_t(first) & 0xffff) | uint32_t(second) << 16);
}

template <int N> struct Width { static constexpr int lanes = N; };
/// Calls f(Width<M>, i) so that the chunks [i, i + M) cover [0, n): M = N, then smaller for the rest.
template <int N, class F> RUNNEL_INLINE void for_chunks(int n, F f, int i = 0) {
    for (; i + N <= n; i += N) f(Width<N>{}, i);
    if constexpr (N > 1)
        if (i < n) for_chunks<(N > 4 ? N / 2 : 1)>(n, f, i);
}

/// Or of the bits in use, x ^ (x >> 31), over the chunks of a loop of width N.
template <int N> struct UsedBits {
    Ints<N> wide = {};
    uint32_t narrow = 0;
    template <int M> RUNNEL_INLINE void add(Ints<M> x) {
        if constexpr (M == N) wide |= x ^ (x >> 31);
        else narrow |= any_bits<M>(x ^ (x >> 31));
    }
    RUNNEL_INLINE uint32_t all() const { return narrow | any_bits<N>(wide); }
};

/// The largest of numbers >= 0, likewise.
template <int N> struct Largest {
    Ints<N> wide = {};
    int32_t narrow = 0;
    template <int M> RUNNEL_INLINE void add(Ints<M> x) {
        if constexpr (M == N) wide = fixed::larger(wide, x);
        else
            for (int i = 0; i < M; ++i) narrow = fixed::larger(narrow, int32_t(lane<M>(x, i)));
    }
    RUNNEL_INLINE int32_t all() const {
        int32_t largest = narrow;
        for (int i = 0; i < N; ++i) largest = fixed::larger(largest, int32_t(lane<N>(wide, i)));
        return largest;
    }
};

/// Number of lanes in which a clamp changed something, likewise.
template <int N> struct Saturations {
    Ints<N> wide = {};
    uint32_t narrow = 0;
    template <int M> RUNNEL_INLINE void add(Ints<M> before, Ints<M> after) {
        if constexpr (M == N) wide -= mask_of<M>(before != after);
        else narrow -= uint32_t(sum<M>(mask_of<M>(before != after)));
    }
    RUNNEL_INLINE uint32_t count() const { return narrow + uint32_t(sum<N>(wide)); }
};

}  // namespace
}  // namespace runnel
