/// The floor of a step: loading the same bytes once, with the widest loads of an instruction set.
#pragma once
#include <cstddef>
#include <cstring>

namespace runnel::bench {

namespace detail {

#if defined(__x86_64__)
inline void load_512(const char* p, const char* end) {
    for (; p + 512 <= end; p += 512)
        asm volatile(
            "vmovups (%0), %%zmm0\n vmovups 64(%0), %%zmm1\n vmovups 128(%0), %%zmm2\n vmovups 192(%0), %%zmm3\n"
            "vmovups 256(%0), %%zmm4\n vmovups 320(%0), %%zmm5\n vmovups 384(%0), %%zmm6\n vmovups 448(%0), %%zmm7\n" ::
                "r"(p)
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    for (; p < end; p += 64) asm volatile("vmovups (%0), %%zmm0" ::"r"(p) : "xmm0");
    asm volatile("vzeroupper" :::);
}
inline void load_256(const char* p, const char* end) {
    for (; p + 256 <= end; p += 256)
        asm volatile(
            "vmovups (%0), %%ymm0\n vmovups 32(%0), %%ymm1\n vmovups 64(%0), %%ymm2\n vmovups 96(%0), %%ymm3\n"
            "vmovups 128(%0), %%ymm4\n vmovups 160(%0), %%ymm5\n vmovups 192(%0), %%ymm6\n vmovups 224(%0), %%ymm7\n" ::
                "r"(p)
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    for (; p < end; p += 32) asm volatile("vmovups (%0), %%ymm0" ::"r"(p) : "xmm0");
    asm volatile("vzeroupper" :::);
}
inline void load_128(const char* p, const char* end) {
    for (; p + 128 <= end; p += 128)
        asm volatile("movups (%0), %%xmm0\n movups 16(%0), %%xmm1\n movups 32(%0), %%xmm2\n movups 48(%0), %%xmm3\n"
                     "movups 64(%0), %%xmm4\n movups 80(%0), %%xmm5\n movups 96(%0), %%xmm6\n movups 112(%0), %%xmm7\n"
                     ::"r"(p) : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    for (; p < end; p += 16) asm volatile("movups (%0), %%xmm0" ::"r"(p) : "xmm0");
}
#elif defined(__aarch64__)
inline void load_128(const char* p, const char* end) {
    for (; p + 64 <= end; p += 64)
        asm volatile("ldp q0, q1, [%0]\n ldp q2, q3, [%0, #32]" ::"r"(p) : "v0", "v1", "v2", "v3");
    for (; p < end; p += 16) asm volatile("ldr q0, [%0]" ::"r"(p) : "v0");
}
#elif defined(__arm__)
inline void load_128(const char* p, const char* end) {
    for (; p < end; p += 16) asm volatile("vld1.32 {d0, d1}, [%0]" ::"r"(p) : "d0", "d1");
}
#endif

inline void load_word(const char* p, const char* end) {
    for (; p + 4 * sizeof(float) <= end; p += 4 * sizeof(float)) {
        const auto* f = reinterpret_cast<const volatile float*>(p);
        (void)f[0], (void)f[1], (void)f[2], (void)f[3];
    }
}

}  // namespace detail

/// Loads `bytes` bytes (a multiple of 16) with the loads of the instruction set `isa`.
inline void load_only(const char* isa, const void* from, std::size_t bytes) {
    const char* p = static_cast<const char*>(from);
    const char* end = p + bytes;
#if defined(__x86_64__)
    if (std::strncmp(isa, "avx512", 6) == 0) return detail::load_512(p, end);
    if (std::strncmp(isa, "avx2", 4) == 0) return detail::load_256(p, end);
#endif
    if (std::strcmp(isa, "scalar") == 0) return detail::load_word(p, end);
    detail::load_128(p, end);
}

}  // namespace runnel::bench
