/// The products of the way back for one lane. Without vectors, tiles of four share what they load.
#pragma once
#include "fixed_vector.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

/// Each kernel works on a copy of its request, which no store can change.
template <int N> struct SingleBackward {
    /// Calls f(Width<M>, Width<T>, k) so that tiles of T vectors of M lanes from k on cover [0, n): without vectors,
    /// tiles of four numbers, so that what they share is loaded once.
    template <class F> RUNNEL_INLINE static void for_tiles(int n, F f) {
        if constexpr (N > 1) {
            for_chunks<N>(
                n, [&](auto width, int k) __attribute__((always_inline)) { f(width, Width<1>{}, k); });
        } else {
            int k = 0;
            for (; k + 4 <= n; k += 4) f(Width<1>{}, Width<4>{}, k);
            for (; k < n; ++k) f(Width<1>{}, Width<1>{}, k);
        }
    }
    static void transposed_product(const fixed::TransposedProduct& request) {
        const auto p = request;
        for_tiles(
            p.columns, [&](auto width, auto tile, int k) __attribute__((always_inline)) {
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
    template <int Rows, int M> RUNNEL_INLINE static void outer_tile(const fixed::OuterSum& p, int row, int column) {
        Ints<M> sums[Rows] = {};
        const int16_t *d = p.d + row, *x = p.x + column;
        const int8_t* shift = p.shift;
        for (int t = 0; t < p.steps; ++t, d += p.d_stride, x += p.x_stride, shift += p.shift_stride) {
            const Ints<M> xs = load16<M>(x);
            for (int r = 0; r < Rows; ++r) sums[r] += fixed::round_shift(xs * int32_t(d[r]), int(*shift));
        }
        for (int r = 0; r < Rows; ++r) store(p.g + size_t(row + r) * p.columns + column, sums[r]);
    }
    static void outer_sum(const fixed::OuterSum& request) {
        const auto p = request;
        if (p.columns == 1) {
            for_tiles(
                p.rows, [&](auto width, auto tile, int r) __attribute__((always_inline)) {
                    constexpr int M = decltype(width)::lanes, T = decltype(tile)::lanes;
                    Ints<M> sums[T] = {};
                    const int16_t *d = p.d + r, *x = p.x;
                    const int8_t* shift = p.shift;
                    for (int t = 0; t < p.steps; ++t, d += p.d_stride, x += p.x_stride, shift += p.shift_stride)
                        for (int j = 0; j < T; ++j)
                            sums[j] += fixed::round_shift(load16<M>(d + j * M) * int32_t(*x), int(*shift));
                    for (int j = 0; j < T; ++j) store(p.g + r + j * M, sums[j]);
                });
            return;
        }
        if constexpr (N == 1) {
            // The sums stay in memory, for want of registers.
            const int size = p.rows * p.columns;
            for (int i = 0; i < size; ++i) p.g[i] = 0;
            for (int t = 0; t < p.steps; ++t)
                add_outer(
                    {p.g, p.d + t * p.d_stride, p.x + t * p.x_stride, p.rows, p.columns, p.shift[t * p.shift_stride]});
            return;
        }
        for_chunks<N>(
            p.columns, [&](auto width, int k) __attribute__((always_inline)) {
                constexpr int M = decltype(width)::lanes;
                int r = 0;
                for (; r + 4 <= p.rows; r += 4) outer_tile<4, M>(p, r, k);
                for (; r < p.rows; ++r) outer_tile<1, M>(p, r, k);
            });
    }
    static void add_outer(const fixed::AddOuter& request) {
        const auto p = request;
        for_tiles(
            p.columns, [&](auto width, auto tile, int k) __attribute__((always_inline)) {
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
