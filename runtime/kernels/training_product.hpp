/// The products of fixed_product.hpp over 16 lanes, and the way back: transposed products and the sum of outer
/// products.
#pragma once
#include "fixed_product.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

/// Each kernel works on a copy of its request, which no store can change.
template <int N> struct WideProducts {
    static constexpr int chunks = fixed::wide_lanes / N;
    static constexpr int tile = N >= 8 ? 64 / N : N == 4 ? 2 : 1;  ///< rows whose sums stay in registers

    template <int Rows> RUNNEL_INLINE static void product_tile(const fixed::Product& p, int row, uint32_t& saturated) {
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
    static void product(const fixed::Product& request, uint32_t& saturated) {
        const auto p = request;
        int row = 0;
        for (; row + tile <= p.rows; row += tile) product_tile<tile>(p, row, saturated);
        for (; row < p.rows; ++row) product_tile<1>(p, row, saturated);
    }

    template <int Columns> RUNNEL_INLINE static void transposed_tile(const fixed::TransposedProduct& p, int column) {
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
    static void transposed_product(const fixed::TransposedProduct& request) {
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
    static void outer_sum(const fixed::OuterSum& request) {
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
};

}  // namespace
}  // namespace runnel
