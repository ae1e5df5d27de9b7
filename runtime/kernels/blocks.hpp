/// Inner products of packed weights with a vector, block by block.
#pragma once
#include <type_traits>
#include <utility>

#include "base/packing.hpp"
#include "dot.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

template <int N> using Int = std::integral_constant<int, N>;

/// f(0), ..., f(N - 1) without a loop, so that arrays indexed by them become registers.
template <int N, class F> [[gnu::always_inline]] inline void unrolled(F f) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) { (f(I), ...); }
    (std::make_integer_sequence<int, N>{});
}

/// Calls f(Int<width>, Int<B>, unit) for all blocks of a layer from `unit` on: B blocks of 16 at a time, then the rest
/// one by one.
template <int B, class F>
[[gnu::always_inline]] inline void for_each_block(std::size_t units, F f, std::size_t unit = 0) {
    const std::size_t padded = padded_units(units);
    if constexpr (B > 1)
        for (; unit + 16 * B <= padded; unit += 16 * B) f(Int<16>{}, Int<B>{}, unit);
    for (; unit + 16 <= padded; unit += 16) f(Int<16>{}, Int<1>{}, unit);
    if (unit < padded) f(Int<8>{}, Int<1>{}, unit);
}

/// The running sums of N streams, which share the weights of B blocks of width W: G gates, V vectors a gate. A single
/// block of a single stream has them in `chains` independent sets, so that the multiplier need not wait for its own
/// result; elsewhere each sum runs in the order of the columns, so that also sums of floats are the same for streams
/// together and alone.
template <class Isa, template <class, int> class Dot, int W, int B, int G, int N = 1> struct Sums {
    using D = Dot<Isa, W>;
    using Sum = typename D::Sum;
    using Input = typename D::Input;
    static constexpr int room = N > 1 ? Isa::registers - 4 : Isa::sums;
    static constexpr int whole = W / D::lanes;
    /// Vectors of a gate that the registers hold at once.
    static constexpr int V = N * B * G * whole <= room ? whole : N * B * G * 2 <= room && whole >= 2 ? 2 : 1;
    static constexpr int parts = whole / V;
    static constexpr int most = D::unsigned_inputs ? 8 : 12;  ///< sums in all chains
    static constexpr int chains = N * B > 1 ? 1 : G * V * 4 <= most ? 4 : G * V * 2 <= most ? 2 : 1;

    Sum sum[chains][N][B][G][V];

    [[gnu::always_inline]] Sums() {
        unrolled<chains>([&](int c) __attribute__((always_inline)) {
            for_each_row([&](int n, int b, int g, int v)
                             __attribute__((always_inline)) { sum[c][n][b][g][v] = Sum(0); });
        });
    }

    /// f(n, b, g, v) for each vector of sums.
    template <class F> [[gnu::always_inline]] static void for_each_row(F f) {
        unrolled<N>([&](int n) __attribute__((always_inline)) {
            unrolled<B>([&](int b) __attribute__((always_inline)) {
                unrolled<G>([&](int g) __attribute__((always_inline)) {
                    unrolled<V>([&](int v) __attribute__((always_inline)) { f(n, b, g, v); });
                });
            });
        });
    }

    /// Adds the products of `columns` columns. `w`: the first of them, in the first block; `stride`: elements
    /// from one block to the next. The x of a group lie side by side; x(n) is where those of stream n begin.
    template <class X>
    [[gnu::always_inline]] void add(const typename D::Weight* w, std::size_t stride, X x, std::size_t columns) {
        constexpr int column = G * W * D::group;
        const Input* next[N];
        unrolled<N>([&](int n) __attribute__((always_inline)) { next[n] = static_cast<const Input*>(x(n)); });
        std::size_t left = (columns + D::group - 1) / D::group;
        for (; left >= chains; left -= chains)
            unrolled<chains>([&](int c) __attribute__((always_inline)) { add_group(c, w, stride, next), w += column; });
        if constexpr (chains > 1)
            for (; left; --left, w += column) add_group(0, w, stride, next);
    }

    /// As add, and corrects the sums where inputs are multiplied as unsigned ones. offset(b, g, v): where -128 times
    /// the sum of each row's weights lies, of all columns of this part of the matrix; `all`: these are all of them.
    template <class X, class Offset>
    [[gnu::always_inline]] void add_part(const typename D::Weight* w, std::size_t stride, X x, std::size_t columns,
                                         bool all, Offset offset) {
        if constexpr (D::unsigned_inputs) {
            if (all) {
                for_each_row([&](int n, int b, int g, int v) __attribute__((always_inline)) {
                    sum[0][n][b][g][v] = sum[0][n][b][g][v] + Sum::load_unaligned(offset(b, g, v));
                });
            } else {
                Sums of_zeros;
                of_zeros.add(w, stride, [](int) { return zeros; }, columns);
                for_each_row([&](int n, int b, int g, int v) __attribute__((always_inline)) {
                    sum[0][n][b][g][v] = sum[0][n][b][g][v] - of_zeros.total(n, b, g, v);
                });
            }
        }
        add(w, stride, x, columns);
    }

    /// The sum of a vector of rows, without a scale.
    [[gnu::always_inline]] auto value(int n, int b, int g, int v) const {
        if constexpr (D::integer) return to_float(total(n, b, g, v));
        else return total(n, b, g, v);
    }

    [[gnu::always_inline]] void clear(int n, int b, int g, int v) {
        unrolled<chains>([&](int c) __attribute__((always_inline)) { sum[c][n][b][g][v] = Sum(0); });
    }

private:
    static constexpr Input zeros[4] = {};  ///< one group: what a one-hot input has

    [[gnu::always_inline]] Sum total(int n, int b, int g, int v) const {
        Sum all = sum[0][n][b][g][v];
        unrolled<chains - 1>([&](int c) __attribute__((always_inline)) { all = all + sum[c + 1][n][b][g][v]; });
        return all;
    }

    [[gnu::always_inline]] void add_group(int c, const typename D::Weight* w, std::size_t stride,
                                          const Input* (&x)[N]) {
        unrolled<N>([&](int n) __attribute__((always_inline)) {
            const auto factor = D::factor(x[n]);
            unrolled<B>([&](int b) __attribute__((always_inline)) {
                unrolled<G>([&](int g) __attribute__((always_inline)) {
                    unrolled<V>([&](int v) __attribute__((always_inline)) {
                        sum[c][n][b][g][v] = D::add_products(
                            sum[c][n][b][g][v], w + b * stride + (g * W + v * D::lanes) * D::group, factor);
                    });
                });
            });
            x[n] += D::group;
        });
    }
};

/// How the blocks of a layer of G gates are taken: `most` at once, or fewer if only then the registers hold whole
/// blocks, so that each cache line of weights is read but once. One by one where an instruction makes all products of a
/// group (unsigned_inputs), so that nothing is gained by sharing its input: chains keep the multiplier as busy, and the
/// weights are read as a single stream.
template <class Isa, template <class, int> class Dot, int G, int most> struct Tiling {
    static constexpr int choose() {
        if (Dot<Isa, 16>::unsigned_inputs) return 1;
        int blocks = most;
        while (blocks > 1 && blocks * G * 16 / Dot<Isa, 16>::lanes > Isa::sums) blocks /= 2;
        return blocks;
    }
    static constexpr int blocks = choose();

    /// The first units of a layer, which several streams may take together: those that one stream sums in the same
    /// order; none where the registers are so few that each weight would be loaded for each stream again.
    static constexpr std::size_t shared_units(std::size_t units) {
        const bool in_order = Dot<Isa, 16>::integer || Sums<Isa, Dot, 16, blocks, G>::chains == 1;
        if (!in_order || Sums<Isa, Dot, 16, 1, G, tile_streams>::parts > 2) return 0;
        return padded_units(units) / (16 * blocks) * (16 * blocks);
    }

    /// f(Int<width>, Int<blocks>, unit): for one stream (N = 1) all units from `begin` on; for more the shared ones, a
    /// block at a time.
    template <int N, class F>
    [[gnu::always_inline]] static void for_each(std::size_t units, std::size_t begin, F f) {
        if constexpr (N == 1) for_each_block<blocks>(units, f, begin);
        else
            for (std::size_t unit = 0; unit < shared_units(units); unit += 16) f(Int<16>{}, Int<1>{}, unit);
    }
};

}  // namespace
}  // namespace runnel
