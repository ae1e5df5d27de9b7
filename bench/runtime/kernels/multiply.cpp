// Compiled once per instruction set as runtime/kernels/instance.cpp is, with the same flags.
#include "multiply.hpp"

#include "kernels/blocks.hpp"

#define RUNNEL_TEXT(x) #x
#define RUNNEL_NAME(x) RUNNEL_TEXT(x)
#define RUNNEL_JOIN(a, b) a##b
#define RUNNEL_TABLE(x) RUNNEL_JOIN(multiply_, x)

// Regions that bench/arm/estimate.sh hands to llvm-mca: a few groups of columns of one or two blocks of 16 units. Their
// names: format, gates, bytes of weights.
#if defined(RUNNEL_MARK_LOOPS)
#define RUNNEL_BEGIN(format, gates, bytes) \
    asm volatile("# LLVM-MCA-BEGIN %c0 %c1 %c2" ::"i"(format), "i"(gates), "i"(bytes))
#define RUNNEL_END() asm volatile("# LLVM-MCA-END")
#else
#define RUNNEL_BEGIN(format, gates, bytes)
#define RUNNEL_END()
#endif

namespace runnel::bench {
namespace {

using Isa = isa::RUNNEL_KERNELS;
constexpr int hot_groups = 8;

template <template <class, int> class Dot, int G, int format>
void pass(const void* weights, const void* x, std::size_t inputs, std::size_t units) {
    constexpr int blocks = Tiling<Isa, Dot, G, 2>::blocks;
    using S = Sums<Isa, Dot, 16, blocks, G>;
    using D = typename S::D;
    constexpr int column = G * 16 * D::group;
    static_assert(hot_groups * blocks * column * sizeof(typename D::Weight) <= multiply_weights);
    const std::size_t groups = (padded_to(inputs, D::group) + padded_to(units, D::group)) / D::group;
    for (std::size_t unit = 0; unit < units; unit += 16 * blocks)
        for (int part = 0; part < S::parts; ++part) {
            S sums;
            for (std::size_t done = 0; done < groups; done += hot_groups) {
                const auto* w = static_cast<const typename D::Weight*>(weights);
                for (int g = 0; g < hot_groups; g += S::chains, w += S::chains * column) {
                    RUNNEL_BEGIN(format, G, S::chains * blocks * column * sizeof(typename D::Weight));
                    sums.add(w, hot_groups * column, [x](int) { return x; }, S::chains * D::group);
                    RUNNEL_END();
                }
                asm volatile("" : "+r"(weights));  // as if they were other weights
            }
            S::for_each_row([&](int n, int b, int g, int v) __attribute__((always_inline)) {
                typename Isa::template floats<16> sum = sums.value(n, b, g, v);
                asm volatile("" ::"m"(sum));
            });
        }
}

}  // namespace

extern const Multiply RUNNEL_TABLE(RUNNEL_KERNELS);
const Multiply RUNNEL_TABLE(RUNNEL_KERNELS) = {
    .name = RUNNEL_NAME(RUNNEL_KERNELS),
    .gru = {pass<F32, 3, 0>, pass<F16, 3, 1>, pass<Int8, 3, 2>, pass<Int8x16, 3, 3>},
    .lstm = {pass<F32, 4, 0>, pass<F16, 4, 1>, pass<Int8, 4, 2>, pass<Int8x16, 4, 3>},
};

}  // namespace runnel::bench
