/// Inner products of packed weights with a vector, block by block.
#pragma once
#include <type_traits>
#include <utility>

#include "base/packing.hpp"
#include "dot.hpp"

namespace runnel {
namespace {

template <int N> using Int = std::integral_constant<int, N>;

/// f(0), ..., f(N - 1) without a loop, so that arrays indexed by them become registers.
template <int N, class F> [[gnu::always_inline]] inline void unrolled(F f) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) { (f(I), ...); }
    (std::make_integer_sequence<int, N>{});
}

/// Calls f(Int<width>, Int<B>, unit) for all blocks of a layer: B blocks of 16 at a time, then the rest one by one.
template <int B, class F> [[gnu::always_inline]] inline void for_each_block(std::size_t units, F f) {
    const std::size_t padded = padded_units(units);
    std::size_t unit = 0;
    if constexpr (B > 1)
        for (; unit + 16 * B <= padded; unit += 16 * B) f(Int<16>{}, Int<B>{}, unit);
    for (; unit + 16 <= padded; unit += 16) f(Int<16>{}, Int<1>{}, unit);
    if (unit < padded) f(Int<8>{}, Int<1>{}, unit);
}

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
    static constexpr int chains = B > 1 ? 1 : G * V * 4 <= 12 ? 4 : G * V * 2 <= 12 ? 2 : 1;

    Sum sum[chains][B][G][V];

    [[gnu::always_inline]] Sums() {
        unrolled<chains>([&](int c) __attribute__((always_inline)) {
            for_each_row([&](int b, int g, int v) __attribute__((always_inline)) { sum[c][b][g][v] = Sum(0); });
        });
    }

    /// f(b, g, v) for each vector of rows.
    template <class F> [[gnu::always_inline]] static void for_each_row(F f) {
        unrolled<B>([&](int b) __attribute__((always_inline)) {
            unrolled<G>([&](int g) __attribute__((always_inline)) {
                unrolled<V>([&](int v) __attribute__((always_inline)) { f(b, g, v); });
            });
        });
    }

    /// Adds the products of `columns` columns. `w`: the first of them, in the first block; `stride`: elements
    /// from one block to the next. The x of a group lie side by side.
    [[gnu::always_inline]] void add(const typename D::Weight* w, std::size_t stride, const typename D::Input* x,
                                    std::size_t columns) {
        constexpr int column = G * W * D::group;
        std::size_t left = (columns + D::group - 1) / D::group;
        for (; left >= chains; left -= chains)
            unrolled<chains>([&](int c) __attribute__((always_inline)) {
                add_group(c, w, stride, x);
                w += column, x += D::group;
            });
        if constexpr (chains > 1)
            for (; left; --left, w += column, x += D::group) add_group(0, w, stride, x);
    }

    /// The sum of a vector of rows, without a scale.
    [[gnu::always_inline]] auto value(int b, int g, int v) const {
        Sum total = sum[0][b][g][v];
        unrolled<chains - 1>([&](int c) __attribute__((always_inline)) { total = total + sum[c + 1][b][g][v]; });
        if constexpr (D::integer) return to_float(total);
        else return total;
    }

    [[gnu::always_inline]] void clear(int b, int g, int v) {
        unrolled<chains>([&](int c) __attribute__((always_inline)) { sum[c][b][g][v] = Sum(0); });
    }

private:
    [[gnu::always_inline]] void add_group(int c, const typename D::Weight* w, std::size_t stride,
                                          const typename D::Input* x) {
        const auto factor = D::factor(x);
        for_each_row([&](int b, int g, int v) __attribute__((always_inline)) {
            sum[c][b][g][v] =
                D::add_products(sum[c][b][g][v], w + b * stride + (g * W + v * D::lanes) * D::group, factor);
        });
    }
};

}  // namespace
}  // namespace runnel
