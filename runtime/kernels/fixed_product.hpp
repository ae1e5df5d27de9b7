/// Matrix products over lanes: forward, backward and the sum of outer products. int16 times int16, summed in int32.
#pragma once
#include "fixed_kernels.hpp"
#include "fixed_vector.hpp"

namespace runnel {
namespace {

/// A sum of products to the format of `y`: see fixed::Product.
template <int N>
RUNNEL_INLINE Ints<N> scale_sum(Ints<N> s, int shift, uint32_t& saturated) {
    if (shift >= 2) return fixed::round_shift(s, shift);
    const int32_t limit = shift >= 0 ? fixed::part_limit << shift : shift > -29 ? fixed::part_limit >> -shift : 1;
    const Ints<N> inside = fixed::clamp(s, broadcast<N>(-limit), broadcast<N>(limit));
    saturated -= uint32_t(sum<N>(mask_of<N>(inside != s)));
    return shift >= 0 ? fixed::round_shift(inside, shift) : inside << (shift > -29 ? -shift : 29);
}

/// Each kernel works on a copy of its request, which no store can change.
template <int N>
struct Products {
    static constexpr int chunks = fixed::wide_lanes / N;
    static constexpr int tile = N >= 8 ? 64 / N : N == 4 ? 2 : 1;   ///< rows whose sums stay in registers

    // ---- 16 lanes

    template <int Rows>
    RUNNEL_INLINE static void product_tile(const fixed::Product& p, int row, uint32_t& saturated) {
        Ints<N> sums[Rows][chunks] = {};
        const int16_t* w = p.w + size_t(row) * p.columns;
        for (int k = 0; k < p.columns; k += 2) {
            const bool two = k + 1 < p.columns;
            Pairs<N> x[chunks];
            for (int c = 0; c < chunks; ++c) {
                const int16_t* at = p.x + size_t(k) * fixed::wide_lanes + c * N;
                x[c] = Pairs<N>::of(load16<N>(at), two ? load16<N>(at + fixed::wide_lanes) : Ints<N>{});
            }
            for (int r = 0; r < Rows; ++r) {
                const int16_t* at = w + size_t(r) * p.columns + k;
                const int32_t weights = two ? load<int32_t>(at) : pack_weights(*at, 0);
                for (int c = 0; c < chunks; ++c) sums[r][c] = dot2<N>(sums[r][c], x[c], weights);
            }
        }
        for (int r = 0; r < Rows; ++r)
            for (int c = 0; c < chunks; ++c) {
                int32_t* y = p.y + size_t(row + r) * fixed::wide_lanes + c * N;
                const Ints<N> start = p.bias ? broadcast<N>(p.bias[row + r]) : load32<N>(y);
                store(y, start + scale_sum<N>(sums[r][c], p.shift, saturated));
            }
    }
    static void product16(const fixed::Product& request, uint32_t& saturated) {
        const auto p = request;
        int row = 0;
        for (; row + tile <= p.rows; row += tile) product_tile<tile>(p, row, saturated);
        for (; row < p.rows; ++row) product_tile<1>(p, row, saturated);
    }

    template <int Columns>
    RUNNEL_INLINE static void transposed_tile(const fixed::TransposedProduct& p, int column) {
        Ints<N> sums[Columns][chunks] = {};
        for (int r = 0; r < p.rows; r += 2) {
            const bool two = r + 1 < p.rows;
            Pairs<N> d[chunks];
            for (int c = 0; c < chunks; ++c) {
                const int16_t* at = p.d + size_t(r) * fixed::wide_lanes + c * N;
                d[c] = Pairs<N>::of(load16<N>(at), two ? load16<N>(at + fixed::wide_lanes) : Ints<N>{});
            }
            for (int k = 0; k < Columns; ++k) {
                const int16_t* w = p.w + size_t(r) * p.columns + column + k;
                const int32_t weights = pack_weights(*w, two ? w[p.columns] : 0);
                for (int c = 0; c < chunks; ++c) sums[k][c] = dot2<N>(sums[k][c], d[c], weights);
            }
        }
        for (int k = 0; k < Columns; ++k)
            for (int c = 0; c < chunks; ++c) {
                int32_t* x = p.x + size_t(column + k) * fixed::wide_lanes + c * N;
                store(x, load32<N>(x) + fixed::round_shift(sums[k][c], p.shift));
            }
    }
    static void transposed16(const fixed::TransposedProduct& request) {
        const auto p = request;
        int column = 0;
        for (; column + tile <= p.columns; column += tile) transposed_tile<tile>(p, column);
        for (; column < p.columns; ++column) transposed_tile<1>(p, column);
    }

    /// The eight pair sums of 16 lanes, as they lie in memory: 16 int16 are eight pairs.
    template <int Rows, int Columns>
    RUNNEL_INLINE static void outer_tile(const fixed::OuterSum& p, int row, int column) {
        const int16_t* d = p.d + size_t(row) * fixed::wide_lanes;
        const int16_t* x = p.x + size_t(column) * fixed::wide_lanes;
        const int8_t* shift = p.shift;
#if defined(__SSE2__)
        constexpr int M = N < 8 ? N : 8, parts = 8 / M;
        Ints<M> sums[Rows][Columns] = {};
        for (int t = 0; t < p.steps; ++t, d += p.d_stride, x += p.x_stride, shift += p.shift_stride)
            for (int c = 0; c < parts; ++c)
                for (int k = 0; k < Columns; ++k) {
                    const auto xs = load<Ints<M>>(x + k * fixed::wide_lanes + 2 * M * c);
                    for (int r = 0; r < Rows; ++r) {
                        const auto ds = load<Ints<M>>(d + r * fixed::wide_lanes + 2 * M * c);
                        sums[r][k] += fixed::round_shift(multiply_pairs<M>(ds, xs), *shift);
                    }
                }
        for (int r = 0; r < Rows; ++r)
            for (int k = 0; k < Columns; ++k) p.g[size_t(row + r) * p.columns + column + k] = sum<M>(sums[r][k]);
#else
        int32_t sums[Rows][Columns] = {};
        for (int t = 0; t < p.steps; ++t, d += p.d_stride, x += p.x_stride, shift += p.shift_stride)
            for (int r = 0; r < Rows; ++r)
                for (int k = 0; k < Columns; ++k) {
                    const int16_t *ds = d + r * fixed::wide_lanes, *xs = x + k * fixed::wide_lanes;
                    for (int l = 0; l < fixed::wide_lanes; l += 2)
                        sums[r][k] += fixed::round_shift(ds[l] * xs[l] + ds[l + 1] * xs[l + 1], int(*shift));
                }
        for (int r = 0; r < Rows; ++r)
            for (int k = 0; k < Columns; ++k) p.g[size_t(row + r) * p.columns + column + k] = sums[r][k];
#endif
    }
    static void outer16(const fixed::OuterSum& request) {
        const auto p = request;
        constexpr int rows = N == 1 ? 1 : 4, columns = N == 1 ? 1 : 2;
        for (int r = 0; r < p.rows;) {
            const bool full = r + rows <= p.rows;
            for (int k = 0; k < p.columns;) {
                const bool pair = k + columns <= p.columns;
                if (full && pair) outer_tile<rows, columns>(p, r, k);
                else if (full) outer_tile<rows, 1>(p, r, k);
                else outer_tile<1, 1>(p, r, k);
                k += full && pair ? columns : 1;
            }
            r += full ? rows : 1;
        }
    }

    // ---- one lane

    /// int16 of a row that one step of M lanes takes.
    template <int M>
    static constexpr int taken =
#if defined(__SSE2__)
        2 * M;
    template <int M>
    RUNNEL_INLINE static Ints<M> products(const int16_t* w, const int16_t* x) {
        return multiply_pairs<M>(load<Ints<M>>(w), load<Ints<M>>(x));
    }
#else
        M;
    template <int M>
    RUNNEL_INLINE static Ints<M> products(const int16_t* w, const int16_t* x) {
        return load16<M>(w) * load16<M>(x);
    }
#endif

    /// The sums of four vectors as one.
    template <int M>
    RUNNEL_INLINE static Ints<4> four_sums(Ints<M> a, Ints<M> b, Ints<M> c, Ints<M> d) {
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
    template <int Rows>
    struct Dots {
        int32_t sum[Rows] = {};
        RUNNEL_INLINE Dots(const int16_t* w, const int16_t* x, int columns, int n) {
            for (int k = 0; k < n; ++k)
                for (int r = 0; r < Rows; ++r) sum[r] += w[r * columns + k] * x[k];
        }
    };
    /// Four rows' dot products; vectors of M lanes, then of fewer for the rest.
    template <int M>
    RUNNEL_INLINE static Ints<4> four_dots(const int16_t* w, const int16_t* x, int columns, int n) {
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
    template <int Rows>
    RUNNEL_INLINE static void product1_rows(const fixed::Product& p, int row, uint32_t& saturated) {
        const Dots<Rows> dots(p.w + size_t(row) * p.columns, p.x, p.columns, p.columns);
        const int32_t* start = (p.bias ? p.bias : p.y) + row;
        int32_t* y = p.y + row;
        if (p.shift >= 2)
            for (int r = 0; r < Rows; ++r) y[r] = start[r] + fixed::round_shift(dots.sum[r], p.shift);
        else
            for (int r = 0; r < Rows; ++r) y[r] = start[r] + scale_sum<1>(dots.sum[r], p.shift, saturated);
    }
    static void product1(const fixed::Product& request, uint32_t& saturated) {
        const auto p = request;
        int row = 0;
        for (; row + 4 <= p.rows; row += 4)
            if constexpr (N > 1) {
                const Ints<4> sums = four_dots<N>(p.w + size_t(row) * p.columns, p.x, p.columns, p.columns);
                const Ints<4> start = load32<4>((p.bias ? p.bias : p.y) + row);
                store(p.y + row, start + scale_sum<4>(sums, p.shift, saturated));
            } else {
                product1_rows<4>(p, row, saturated);
            }
        for (; row < p.rows; ++row) product1_rows<1>(p, row, saturated);
    }

    /// Calls f(Width<M>, Width<T>, k) so that tiles of T vectors of M lanes from k on cover [0, n): without vectors, tiles of
    /// four numbers, so that what they share is loaded once.
    template <class F>
    RUNNEL_INLINE static void for_tiles(int n, F f) {
        if constexpr (N > 1) {
            for_chunks<N>(n, [&](auto width, int k) __attribute__((always_inline)) { f(width, Width<1>{}, k); });
        } else {
            int k = 0;
            for (; k + 4 <= n; k += 4) f(Width<1>{}, Width<4>{}, k);
            for (; k < n; ++k) f(Width<1>{}, Width<1>{}, k);
        }
    }
    static void transposed1(const fixed::TransposedProduct& request) {
        const auto p = request;
        for_tiles(p.columns, [&](auto width, auto tile, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes, T = decltype(tile)::lanes;
            Ints<M> sums[T] = {};
            const int16_t* w = p.w + k;
            for (int r = 0; r < p.rows; ++r, w += p.columns) {
                const int32_t d = p.d[r];
                for (int j = 0; j < T; ++j) sums[j] += load16<M>(w + j * M) * d;
            }
            for (int j = 0; j < T; ++j) {
                int32_t* x = p.x + k + j * M;
                store(x, load32<M>(x) + fixed::round_shift(sums[j], p.shift));
            }
        });
    }
    template <int Rows, int M>
    RUNNEL_INLINE static void outer1_tile(const fixed::OuterSum& p, int row, int column) {
        Ints<M> sums[Rows] = {};
        const int16_t *d = p.d + row, *x = p.x + column;
        const int8_t* shift = p.shift;
        for (int t = 0; t < p.steps; ++t, d += p.d_stride, x += p.x_stride, shift += p.shift_stride) {
            const Ints<M> xs = load16<M>(x);
            for (int r = 0; r < Rows; ++r) sums[r] += fixed::round_shift(xs * int32_t(d[r]), int(*shift));
        }
        for (int r = 0; r < Rows; ++r) store(p.g + size_t(row + r) * p.columns + column, sums[r]);
    }
    static void outer1(const fixed::OuterSum& request) {
        const auto p = request;
        if constexpr (N == 1) {
            // The sums stay in memory, for want of registers; a product has no side.
            const int size = p.rows * p.columns;
            for (int i = 0; i < size; ++i) p.g[i] = 0;
            for (int t = 0; t < p.steps; ++t) {
                const int16_t *d = p.d + t * p.d_stride, *x = p.x + t * p.x_stride;
                const int shift = p.shift[t * p.shift_stride];
                add_outer(p.columns == 1 ? fixed::AddOuter{p.g, x, d, 1, p.rows, shift}
                                         : fixed::AddOuter{p.g, d, x, p.rows, p.columns, shift});
            }
            return;
        }
        if (p.columns == 1) {
            for_chunks<N>(p.rows, [&](auto width, int r) __attribute__((always_inline)) {
                constexpr int M = decltype(width)::lanes;
                Ints<M> sums = {};
                for (int t = 0; t < p.steps; ++t)
                    sums += fixed::round_shift(load16<M>(p.d + t * p.d_stride + r) * int32_t(p.x[t * p.x_stride]),
                                               int(p.shift[t * p.shift_stride]));
                store(p.g + r, sums);
            });
            return;
        }
        for_chunks<N>(p.columns, [&](auto width, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            int r = 0;
            for (; r + 4 <= p.rows; r += 4) outer1_tile<4, M>(p, r, k);
            for (; r < p.rows; ++r) outer1_tile<1, M>(p, r, k);
        });
    }
    static void add_outer(const fixed::AddOuter& request) {
        const auto p = request;
        for_tiles(p.columns, [&](auto width, auto tile, int k) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes, T = decltype(tile)::lanes;
            Ints<M> x[T];
            for (int j = 0; j < T; ++j) x[j] = load16<M>(p.x + k + j * M);
            int32_t* g = p.g + k;
            for (int r = 0; r < p.rows; ++r, g += p.columns) {
                const int32_t d = p.d[r];
                for (int j = 0; j < T; ++j)
                    store(g + j * M, load32<M>(g + j * M) + fixed::round_shift(x[j] * d, p.shift));
            }
        });
    }
};

}  // namespace
}  // namespace runnel
