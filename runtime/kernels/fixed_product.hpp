/// Matrix products of one lane, summed in int32: vectors run along rows and columns. Without vectors, tiles of four share
/// what they load.
#pragma once
#include "fixed_kernels.hpp"
#include "fixed_vector.hpp"

namespace runnel {
namespace {

/// A sum of products to the format of `y`: see fixed::Product.
template <int N> RUNNEL_INLINE Ints<N> scale_sum(Ints<N> s, int shift, uint32_t& saturated) {
    if (shift >= 2) return fixed::round_shift(s, shift);
    const int32_t limit = shift >= 0 ? fixed::part_limit << shift : shift > -29 ? fixed::part_limit >> -shift : 1;
    const Ints<N> inside = fixed::clamp(s, broadcast<N>(-limit), broadcast<N>(limit));
    saturated -= uint32_t(sum<N>(mask_of<N>(inside != s)));
    return shift >= 0 ? fixed::round_shift(inside, shift) : inside << (shift > -29 ? -shift : 29);
}

/// Each kernel works on a copy of its request, which no store can change.
template <int N, class W = int16_t> struct SingleProducts {
    /// int16 of a row that one step of M lanes takes.
    template <int M> static constexpr int taken =
#if defined(__SSE2__)
        2 * M;
    template <int M> RUNNEL_INLINE static Ints<M> products(const int16_t* w, const int16_t* x) {
        return multiply_pairs<M>(load<Ints<M>>(w), load<Ints<M>>(x));
    }
#else
        M;
    template <int M> RUNNEL_INLINE static Ints<M> products(const int16_t* w, const int16_t* x) {
        return load16<M>(w) * load16<M>(x);
    }
#endif

    /// The sums of four vectors as one.
    template <int M> RUNNEL_INLINE static Ints<4> four_sums(Ints<M> a, Ints<M> b, Ints<M> c, Ints<M> d) {
        if constexpr (M > 4) {
            const auto fold = [](Ints<M> v) __attribute__((always_inline)) {
                const auto [low, high] = load<Halves<M>>(&v);
                return low + high;
            };
            return four_sums<M / 2>(fold(a), fold(b), fold(c), fold(d));
        } else {
            const Ints<4> ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const Ints<4> cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
            return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
        }
    }

    /// The dot products of x with Rows rows of `columns` weights.
    template <int Rows> struct Dots {
        int32_t sum[Rows] = {};
        RUNNEL_INLINE Dots(const W* w, const int16_t* x, int columns, int n) {
            for (int k = 0; k < n; ++k)
                for (int r = 0; r < Rows; ++r) sum[r] += w[r * columns + k] * x[k];
        }
    };
    /// Four rows' dot products; vectors of M lanes, then of fewer for the rest.
    template <int M> RUNNEL_INLINE static Ints<4> four_dots(const int16_t* w, const int16_t* x, int columns, int n) {
        if constexpr (M < 4) {
            return load<Ints<4>>(Dots<4>(w, x, columns, n).sum);
        } else {
            if (n < taken<M>) return four_dots<M / 2>(w, x, columns, n);
            Ints<M> a = {}, b = {}, c = {}, d = {};
            int k = 0;
            for (; k + taken<M> <= n; k += taken<M>) {
                a += products<M>(w + k, x + k);
                b += products<M>(w + columns + k, x + k);
                c += products<M>(w + 2 * columns + k, x + k);
                d += products<M>(w + 3 * columns + k, x + k);
            }
            const Ints<4> sums = four_sums<M>(a, b, c, d);
            return k < n ? sums + four_dots<M / 2>(w + k, x + k, columns, n - k) : sums;
        }
    }
    /// Eight rows' dot products, two rows a vector, so that few columns need no sums across its halves: `columns` is a
    /// multiple of 8.
    RUNNEL_INLINE static Ints<8> eight_dots(const int16_t* w, const int16_t* x, int columns) {
        const auto both = [](const int16_t* low, const int16_t* high) __attribute__((always_inline)) {
            return __builtin_shufflevector(load<Ints<4>>(low), load<Ints<4>>(high), 0, 1, 2, 3, 4, 5, 6, 7);
        };
        Ints<8> a = {}, b = {}, c = {}, d = {};
        for (int k = 0; k < columns; k += 8) {
            const Ints<8> xs = both(x + k, x + k);
            const int16_t *low = w + k, *high = low + 4 * columns;
            a += multiply_pairs<8>(both(low, high), xs);
            b += multiply_pairs<8>(both(low + columns, high + columns), xs);
            c += multiply_pairs<8>(both(low + 2 * columns, high + 2 * columns), xs);
            d += multiply_pairs<8>(both(low + 3 * columns, high + 3 * columns), xs);
        }
        const Ints<8> ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13) +
                           __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
        const Ints<8> cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13) +
                           __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
        return __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
               __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    template <int Rows> RUNNEL_INLINE static void product_rows(const fixed::ProductOf<W>& p, int row, uint32_t& saturated) {
        const Dots<Rows> dots(p.w + size_t(row) * p.columns, p.x, p.columns, p.columns);
        const int32_t* start = (p.bias ? p.bias : p.y) + row;
        int32_t* y = p.y + row;
        if (sizeof(W) == 1 && p.finer)
            for (int r = 0; r < Rows; ++r)
                y[r] = start[r] + scale_sum<1>(dots.sum[r], p.shift + p.finer[row + r], saturated);
        else if (p.shift >= 2)
            for (int r = 0; r < Rows; ++r) y[r] = start[r] + fixed::round_shift(dots.sum[r], p.shift);
        else
            for (int r = 0; r < Rows; ++r) y[r] = start[r] + scale_sum<1>(dots.sum[r], p.shift, saturated);
    }
    static void product(const fixed::ProductOf<W>& request, uint32_t& saturated) {
        const auto p = request;
        int row = 0;
        if constexpr (N >= 8)
            if (p.columns % 8 == 0 && p.columns <= 32)
                for (; row + 8 <= p.rows; row += 8) {
                    const Ints<8> sums = eight_dots(p.w + size_t(row) * p.columns, p.x, p.columns);
                    const Ints<8> start = load32<8>((p.bias ? p.bias : p.y) + row);
                    store(p.y + row, start + scale_sum<8>(sums, p.shift, saturated));
                }
        for (; row + 4 <= p.rows; row += 4)
            if constexpr (N > 1) {
                const Ints<4> sums = four_dots<N>(p.w + size_t(row) * p.columns, p.x, p.columns, p.columns);
                const Ints<4> start = load32<4>((p.bias ? p.bias : p.y) + row);
                store(p.y + row, start + scale_sum<4>(sums, p.shift, saturated));
            } else {
                product_rows<4>(p, row, saturated);
            }
        for (; row < p.rows; ++row) product_rows<1>(p, row, saturated);
    }
};

}  // namespace
}  // namespace runnel
