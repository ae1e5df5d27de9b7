/// The inner products: one number format, one struct; one instruction set, one overload. All intrinsics of the
/// kernels are here, in Fused (activation.hpp), in rows.hpp and nowhere else.
///
/// A format says what weights and inputs are, how many columns form a group, and how the products of one group
/// of columns are added to the running sums of as many rows as a vector has lanes.
#pragma once
#include <cstring>
#include <type_traits>

#include "activation.hpp"
#include "vectors.hpp"

namespace runnel {
namespace {

/// Floats all through.
template <class Isa, int W> struct F32 {
    using Weight = float;
    using Input = float;
    using Sum = typename Isa::template floats<W>;
    using Arithmetic = Fused;
    static constexpr int lanes = int(Sum::size), group = 1;
    static constexpr bool integer = false, unsigned_inputs = false;

    static Sum factor(const Input* x) { return Sum(*x); }
    static Sum add_products(Sum sum, const Weight* w, Sum x) {
        return Fused::multiply_add(Sum::load_unaligned(w), x, sum);
    }
};

/// Halves as weights.
template <class Isa, int W> struct F16 : F32<Isa, W> {
    using Weight = std::uint16_t;
    using Sum = typename F32<Isa, W>::Sum;

    static Sum add_products(Sum sum, const Weight* w, Sum x) { return Fused::multiply_add(widen(w, Isa{}), x, sum); }

private:
    static Sum widen(const Weight* w, isa::scalar) { return Sum(half_to_float(*w)); }
#if defined(__F16C__)
    static Sum widen(const Weight* w, isa::avx2) {
        return Sum(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w))));
    }
#endif
#if defined(__AVX512F__)
    static Sum widen(const Weight* w, isa::avx512) {
        if constexpr (W == 16) return Sum(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w))));
        else return widen(w, isa::avx2{});
    }
#endif
#if defined(__SSE2__)
    static Sum widen(const Weight* w, isa::sse2) {  // half_to_float
        const __m128i h = _mm_unpacklo_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(w)), _mm_setzero_si128());
        const __m128 magnitude = _mm_castsi128_ps(_mm_slli_epi32(_mm_and_si128(h, _mm_set1_epi32(0x7fff)), 13));
        const __m128 sign = _mm_castsi128_ps(_mm_slli_epi32(_mm_and_si128(h, _mm_set1_epi32(0x8000)), 16));
        return Sum(_mm_or_ps(_mm_mul_ps(magnitude, _mm_set1_ps(5.192296858534828e33f)), sign));
    }
#endif
#if defined(__ARM_NEON)
    template <class Neon> static Sum widen(const Weight* w, Neon) {
        return Sum(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(w))));
    }
#endif
};

#if defined(__SSE2__)
inline __m128i load_128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
/// The signed bytes at even and at odd places, as 16 bits.
inline __m128i even_bytes(__m128i w) { return _mm_srai_epi16(_mm_slli_epi16(w, 8), 8); }
inline __m128i odd_bytes(__m128i w) { return _mm_srai_epi16(w, 8); }
#endif
#if defined(__AVX2__)
inline __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline __m256i even_bytes(__m256i w) { return _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8); }
inline __m256i odd_bytes(__m256i w) { return _mm256_srai_epi16(w, 8); }
#endif
#if defined(__AVX512BW__)
inline __m512i load_512(const void* p) { return _mm512_loadu_si512(p); }
inline __m512i even_bytes(__m512i w) { return _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8); }
inline __m512i odd_bytes(__m512i w) { return _mm512_srai_epi16(w, 8); }
#endif

inline std::int32_t word(const void* p) {
    std::int32_t four;
    std::memcpy(&four, p, sizeof four);
    return four;
}

/// Adding this rounds a small float to an integer, ties to even, which is then found in the low bits.
inline constexpr float rounding = 12582912.0f;  // 1.5 * 2^23, whose own low 16 bits are 0
inline constexpr std::int32_t rounding_bits = 0x4B400000;

/// What the integer formats share: int8 weights in groups of 4 columns, exact sums in 32 bits.
template <class Isa, int W, class Code> struct IntegerSums {
    using Weight = std::int8_t;
    using Input = Code;
    using Sum = typename Isa::template ints<W>;
    using Floats = typename Isa::template floats<W>;
    using Arithmetic = std::conditional_t<sizeof(Code) == 1, Separate8, Separate16>;
    static constexpr int lanes = int(Sum::size), group = 4;
    static constexpr bool integer = true, unsigned_inputs = false;

    /// out[lane] = v rounded to nearest even and saturated, as `quantize` does.
    static void store_codes(Floats v, Code* out) {
        constexpr float limit = sizeof(Code) == 1 ? 127.0f : 32767.0f;
        narrow(min(Floats(limit), max(Floats(-limit), v)) + Floats(rounding), out, Isa{});
    }

private:
    static void narrow(Floats v, Code* out, isa::scalar) { *out = Code(__builtin_bit_cast(std::int32_t, v.value)); }
#if defined(__SSE2__)
    static void narrow(__m128i wide, Code* out) {
        const __m128i words = _mm_packs_epi32(wide, wide);
        if constexpr (sizeof(Code) == 2) {
            _mm_storel_epi64(reinterpret_cast<__m128i*>(out), words);
        } else {
            const std::int32_t four = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
            std::memcpy(out, &four, sizeof four);
        }
    }
    static void narrow(Floats v, Code* out, isa::sse2) {
        narrow(_mm_sub_epi32(_mm_castps_si128(v), _mm_set1_epi32(rounding_bits)), out);
    }
#endif
#if defined(__AVX2__)
    static void narrow(Floats v, Code* out, isa::avx2) {
        const __m256i wide = _mm256_sub_epi32(_mm256_castps_si256(v), _mm256_set1_epi32(rounding_bits));
        const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
        if constexpr (sizeof(Code) == 2) _mm_storeu_si128(reinterpret_cast<__m128i*>(out), words);
        else _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi16(words, words));
    }
#endif
#if defined(__AVX512BW__)
    static void narrow(Floats v, Code* out, isa::avx512) {
        if constexpr (W == 8) return narrow(v, out, isa::avx2{});
        else if constexpr (sizeof(Code) == 2)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtepi32_epi16(_mm512_castps_si512(v)));
        else _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(_mm512_castps_si512(v)));
    }
#endif
#if defined(__ARM_NEON)
    template <class Neon> static void narrow(Floats v, Code* out, Neon) {
        const int16x4_t words = vmovn_s32(vreinterpretq_s32_f32(v));
        if constexpr (sizeof(Code) == 2) {
            vst1_s16(out, words);
        } else {
            const std::int32_t four =
                vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
            std::memcpy(out, &four, sizeof four);
        }
    }
#endif
};

/// int8 weights and int16 inputs. Within a group the columns lie in the order 0 2 1 3 (base/packing.hpp), so that
/// the bytes at even places belong to inputs 0 and 1, those at odd places to 2 and 3. The converter has proven
/// for each row that no sum leaves 32 bits.
template <class Isa, int W> struct Int8x16 : IntegerSums<Isa, W, std::int16_t> {
    using Input = std::int16_t;
    using Weight = std::int8_t;
    using Sum = typename Isa::template ints<W>;

    /// Inputs 0, 1 and 2, 3 of a group, each pair in one 32-bit word.
    struct Factor {
        std::int32_t first, second;
    };
    static Factor factor(const Input* x) { return {word(x), word(x + 2)}; }
    static Sum add_products(Sum sum, const Weight* w, Factor x) { return add(sum, w, x, Isa{}); }

private:
    static Sum add(Sum sum, const Weight* w, Factor x, isa::scalar) {
        const auto low = [](std::int32_t pair) { return std::int32_t(std::int16_t(pair)); };
        return Sum(sum.value + w[0] * low(x.first) + w[2] * (x.first >> 16) + w[1] * low(x.second) +
                   w[3] * (x.second >> 16));
    }
#if defined(__SSE2__)
    static Sum add(Sum sum, const Weight* w, Factor x, isa::sse2) {
        const __m128i v = load_128(w);
        return Sum(_mm_add_epi32(sum, _mm_add_epi32(_mm_madd_epi16(even_bytes(v), _mm_set1_epi32(x.first)),
                                                    _mm_madd_epi16(odd_bytes(v), _mm_set1_epi32(x.second)))));
    }
#endif
#if defined(__AVX2__)
    static Sum add(Sum sum, const Weight* w, Factor x, isa::avx2) {
        const __m256i v = load_256(w);
        return Sum(
            _mm256_add_epi32(sum, _mm256_add_epi32(_mm256_madd_epi16(even_bytes(v), _mm256_set1_epi32(x.first)),
                                                   _mm256_madd_epi16(odd_bytes(v), _mm256_set1_epi32(x.second)))));
    }
#endif
#if defined(__AVX512BW__)
    static Sum add(Sum sum, const Weight* w, Factor x, isa::avx512) {
        if constexpr (W == 16) {
            const __m512i v = load_512(w);
            return Sum(_mm512_add_epi32(
                sum, _mm512_add_epi32(_mm512_madd_epi16(even_bytes(v), _mm512_set1_epi32(x.first)),
                                      _mm512_madd_epi16(odd_bytes(v), _mm512_set1_epi32(x.second)))));
        } else {
            return add(sum, w, x, isa::avx2{});
        }
    }
#endif
#if defined(__AVX512VNNI__)
    static Sum add(Sum sum, const Weight* w, Factor x, isa::avx512vnni) {
        if constexpr (W == 16) {
            const __m512i v = load_512(w);
            const __m512i first = _mm512_dpwssd_epi32(sum, even_bytes(v), _mm512_set1_epi32(x.first));
            return Sum(_mm512_dpwssd_epi32(first, odd_bytes(v), _mm512_set1_epi32(x.second)));
        } else {
            return add(sum, w, x, isa::avx2{});
        }
    }
#endif
#if defined(__ARM_NEON)
    template <class Neon> static Sum add(Sum sum, const Weight* w, Factor x, Neon) {
        const int16x8_t v = vreinterpretq_s16_s8(vld1q_s8(w));
        const int16x8_t even = vshrq_n_s16(vshlq_n_s16(v, 8), 8), odd = vshrq_n_s16(v, 8);
        const int16x8_t first = vreinterpretq_s16_s32(vdupq_n_s32(x.first));
        const int16x8_t second = vreinterpretq_s16_s32(vdupq_n_s32(x.second));
        const int32x4_t p = vmlal_s16(vmull_s16(vget_low_s16(even), vget_low_s16(first)), vget_low_s16(odd),
                                      vget_low_s16(second));
#if defined(__aarch64__)
        const int32x4_t q = vmlal_high_s16(vmull_high_s16(even, first), odd, second);
        return Sum(vaddq_s32(sum, vpaddq_s32(p, q)));
#else
        const int32x4_t q = vmlal_s16(vmull_s16(vget_high_s16(even), vget_low_s16(first)), vget_high_s16(odd),
                                      vget_low_s16(second));
        return Sum(vaddq_s32(sum, vcombine_s32(vpadd_s32(vget_low_s32(p), vget_high_s32(p)),
                                               vpadd_s32(vget_low_s32(q), vget_high_s32(q)))));
#endif
    }
#endif
};

/// int8 weights and inputs, both within [-127, 127], so that two products fit 16 bits. Where the instruction wants
/// one unsigned factor, that is the input's magnitude, and its sign goes to the weight; or, with unsigned_inputs, input
/// + 128, and Sums takes 128 times the weights out again.
template <class Isa, int W> struct Int8 : IntegerSums<Isa, W, std::int8_t> {
    using Input = std::int8_t;
    using Weight = std::int8_t;
    using Sum = typename Isa::template ints<W>;
    static constexpr bool unsigned_inputs = std::is_same_v<Isa, isa::avx512vnni>;

    static auto factor(const Input* x) { return broadcast(x, Isa{}); }
    template <class Factor>
    static Sum add_products(Sum sum, const Weight* w, Factor x) {
        return add(sum, w, x, Isa{});
    }

private:
    static std::int32_t broadcast(const Input* x, isa::scalar) { return word(x); }
    static Sum add(Sum sum, const Weight* w, std::int32_t x, isa::scalar) {
        return Sum(sum.value + w[0] * std::int8_t(x) + w[1] * std::int8_t(x >> 8) + w[2] * std::int8_t(x >> 16) +
                   w[3] * std::int8_t(x >> 24));
    }
#if defined(__SSE2__)
    struct Pairs {
        __m128i even, odd;
    };
    static Pairs broadcast(const Input* x, isa::sse2) {
        const __m128i four = _mm_set1_epi32(word(x));
        return {even_bytes(four), odd_bytes(four)};
    }
    static Sum add(Sum sum, const Weight* w, Pairs x, isa::sse2) {
        const __m128i v = load_128(w);
        return Sum(_mm_add_epi32(
            sum, _mm_add_epi32(_mm_madd_epi16(even_bytes(v), x.even), _mm_madd_epi16(odd_bytes(v), x.odd))));
    }
#endif
#if defined(__AVX2__)
    struct Signed256 {
        __m256i value, magnitude;
    };
    static Signed256 broadcast(const Input* x, isa::avx2) {
        const __m256i four = _mm256_set1_epi32(word(x));
        return {four, _mm256_abs_epi8(four)};
    }
    static Sum add(Sum sum, const Weight* w, Signed256 x, isa::avx2) {
        const __m256i pairs = _mm256_maddubs_epi16(x.magnitude, _mm256_sign_epi8(load_256(w), x.value));
        return Sum(_mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))));
    }
#endif
#if defined(__AVX512BW__)
    struct Signed512 {
        __m512i magnitude;
        __mmask64 negative;
        __m512i signed_like(const Weight* w) const {
            const __m512i v = load_512(w);
            return _mm512_mask_sub_epi8(v, negative, _mm512_setzero_si512(), v);
        }
    };
    static auto broadcast(const Input* x, isa::avx512) {
        if constexpr (W == 16) {
            const __m512i four = _mm512_set1_epi32(word(x));
            return Signed512{_mm512_abs_epi8(four), _mm512_movepi8_mask(four)};
        } else {
            return broadcast(x, isa::avx2{});
        }
    }
    template <class Factor> static Sum add(Sum sum, const Weight* w, Factor x, isa::avx512) {
        if constexpr (W == 16) {
            const __m512i pairs = _mm512_maddubs_epi16(x.magnitude, x.signed_like(w));
            return Sum(_mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1))));
        } else {
            return add(sum, w, x, isa::avx2{});
        }
    }
#endif
#if defined(__AVX512VNNI__)
    static auto broadcast(const Input* x, isa::avx512vnni) {
        if constexpr (W == 16) return _mm512_xor_si512(_mm512_set1_epi32(word(x)), _mm512_set1_epi8(-128));
        else return _mm256_xor_si256(_mm256_set1_epi32(word(x)), _mm256_set1_epi8(-128));
    }
    template <class Factor> static Sum add(Sum sum, const Weight* w, Factor x, isa::avx512vnni) {
        if constexpr (W == 16) return Sum(_mm512_dpbusd_epi32(sum, x, load_512(w)));
        else return Sum(_mm256_dpbusd_epi32(static_cast<__m256i>(sum), x, load_256(w)));
    }
#endif
#if defined(__ARM_NEON)
    template <class Neon> static int8x16_t broadcast(const Input* x, Neon) {
        return vreinterpretq_s8_s32(vdupq_n_s32(word(x)));
    }
    template <class Neon> static Sum add(Sum sum, const Weight* w, int8x16_t x, Neon) {
        const int8x16_t v = vld1q_s8(w);
        const int16x8_t p = vmull_s8(vget_low_s8(v), vget_low_s8(x));
#if defined(__aarch64__)
        const int16x8_t q = vmull_high_s8(v, x);
        return Sum(vpadalq_s16(sum, vpaddq_s16(p, q)));
#else
        const int16x8_t q = vmull_s8(vget_high_s8(v), vget_low_s8(x));
        return Sum(vpadalq_s16(sum, vcombine_s16(vpadd_s16(vget_low_s16(p), vget_high_s16(p)),
                                                 vpadd_s16(vget_low_s16(q), vget_high_s16(q)))));
#endif
    }
#endif
#if defined(__ARM_FEATURE_DOTPROD)
    static Sum add(Sum sum, const Weight* w, int8x16_t x, isa::dotprod) { return Sum(vdotq_s32(sum, vld1q_s8(w), x)); }
#endif
};

}  // namespace
}  // namespace runnel
