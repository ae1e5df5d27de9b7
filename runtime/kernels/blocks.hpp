/// Inner products of packed weights with a vector, block by block.
#pragma once
#include <type_traits>

#include "base/packing.hpp"
#include "isa.hpp"

namespace runnel {
namespace {

template <int N> using Int = std::integral_constant<int, N>;

/// Calls f(Int<width>, Int<B>, unit) for all blocks of a layer: B blocks of 16 at a time, then the rest one by one.
template <int B, class F> [[gnu::always_inline]] inline void for_each_block(std::size_t units, F f) {
    const std::size_t padded = padded_units(units);
    std::size_t unit = 0;
    if constexpr (B > 1)
        for (; unit + 16 * B <= padded; unit += 16 * B) f(Int<16>{}, Int<B>{}, unit);
    for (; unit + 16 <= padded; unit += 16) f(Int<16>{}, Int<1>{}, unit);
    if (unit < padded) f(Int<8>{}, Int<1>{}, unit);
}

/// Number format f32: weights, inputs and sums are floats. W: width of the block.
template <class Isa, int W> struct F32 {
    using Weight = float;
    using Input = float;
    using Sum = typename Isa::template floats<W>;
    using Factor = Sum;
    static constexpr int lanes = int(Sum::size), group = 1;

    static Factor factor(const Input* x) { return Factor(*x); }
    static Sum add_product(Sum sum, const Weight* w, Factor x) { return fma(Sum::load_unaligned(w), x, sum); }
};

/// The running sums of B blocks of width W: G gates, V vectors a gate, in `chains` independent sets, so that the
/// multiplier need not wait for its own result.
template <class Isa, template <class, int> class Dot, int W, int B, int G> struct Sums {
    using D = Dot<Isa, W>;
    using Sum = typename D::Sum;
    static constexpr int room = Isa::registers - 4;
    static constexpr int whole = W / D::lanes;
    /// Vectors of a gate that the registers hold at once.
    static constexpr int V = B * G * whole <= room ? whole : B * G * 2 <= room && whole >= 2 ? 2 : 1;
    static constexpr int parts = whole / V;
    static constexpr int chains = B * G * V * 4 <= 12 ? 4 : B * G * V * 2 <= 12 ? 2 : 1;

    Sum sum[chains][B][G][V];

    [[gnu::always_inline]] void clear() {
        for (auto& s : sum)
            for (auto& b : s)
                for (auto& g : b)
                    for (auto& v : g) v = Sum(0);
    }

    /// Adds the products of `columns` columns. `w`: the first of them, in the first block; `stride`: elements
    /// from one block to the next. The x of a group lie side by side.
    [[gnu::always_inline]] void add(const typename D::Weight* w, std::size_t stride, const typename D::Input* x,
                                    std::size_t columns) {
        constexpr int column = G * W * D::group;
        const std::size_t groups = (columns + D::group - 1) / D::group;
        std::size_t k = 0;
        for (; k + chains <= groups; k += chains)
#pragma GCC unroll 4
            for (int c = 0; c < chains; ++c, w += column, x += D::group) add_group(sum[c], w, stride, x);
        for (; k < groups; ++k, w += column, x += D::group) add_group(sum[0], w, stride, x);
    }

    /// Gathers the independent sums in the first set.
    [[gnu::always_inline]] void collect() {
        for (int c = 1; c < chains; ++c)
            for (int b = 0; b < B; ++b)
                for (int g = 0; g < G; ++g)
                    for (int v = 0; v < V; ++v) sum[0][b][g][v] = sum[0][b][g][v] + sum[c][b][g][v];
    }

private:
    [[gnu::always_inline]] static void add_group(Sum (&s)[B][G][V], const typename D::Weight* w, std::size_t stride,
                                                 const typename D::Input* x) {
        const auto factor = D::factor(x);
#pragma GCC unroll 8
        for (int b = 0; b < B; ++b)
#pragma GCC unroll 4
            for (int g = 0; g < G; ++g)
#pragma GCC unroll 16
                for (int v = 0; v < V; ++v)
                    s[b][g][v] = D::add_product(s[b][g][v], w + b * stride + (g * W + v * D::lanes) * D::group, factor);
    }
};

}  // namespace
}  // namespace runnel
