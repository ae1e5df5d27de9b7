/// Rows of projected embeddings, vector by vector.
#pragma once
#include "kernels.hpp"
#include "vectors.hpp"

namespace runnel {
namespace {

/// As many codes as the vector has lanes, as floats. (Compilers make four narrow vectors of such a loop, and a CPU
/// waits where these are read as one.)
inline void widen(const std::int8_t* codes, Lane& v) { v = Lane(float(*codes)); }
#if defined(__SSE2__)
inline void widen(const std::int8_t* codes, xsimd::batch<float, xsimd::sse2>& v) {
    std::int32_t four;
    std::memcpy(&four, codes, sizeof four);
    const __m128i bytes = _mm_cvtsi32_si128(four), words = _mm_unpacklo_epi8(bytes, bytes);
    v = _mm_cvtepi32_ps(_mm_srai_epi32(_mm_unpacklo_epi16(words, words), 24));
}
#endif
#if defined(__AVX2__)
inline void widen(const std::int8_t* codes, xsimd::batch<float, xsimd::fma3<xsimd::avx2>>& v) {
    v = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes))));
}
#endif
#if defined(__AVX512F__)
inline void widen(const std::int8_t* codes, xsimd::batch<float, xsimd::avx512bw>& v) {
    v = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes))));
}
#endif
#if defined(__ARM_NEON)
template <class Neon> void widen(const std::int8_t* codes, xsimd::batch<float, Neon>& v) {
    std::uint32_t four;
    std::memcpy(&four, codes, sizeof four);
    const int8x8_t bytes = vreinterpret_s8_u32(vdup_n_u32(four));
    v = vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
}
#endif

/// The values of a row from `first` on.
template <class V> [[gnu::always_inline]] inline V values_at(const Row& row, std::size_t first) {
    V v;
    if (row.format == Format::int8) {
        widen(static_cast<const std::int8_t*>(row.values) + first, v);
        return v * V(row.scale);
    }
    if (row.format == Format::f32) return V::load_unaligned(static_cast<const float*>(row.values) + first);
    float values[V::size];
    expand(Format::f16, static_cast<const std::uint16_t*>(row.values) + first, nullptr, V::size, values);
    return V::load_unaligned(values);
}

}  // namespace
}  // namespace runnel
