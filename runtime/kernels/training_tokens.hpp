/// Rows of a table by token: read across into 16 lanes, and errors added back.
#pragma once
#include "fixed_vector.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

template <class Element> void gather_rows(const fixed::GatherRows& g) {
    const auto* table = static_cast<const Element*>(g.table);
    auto* to = static_cast<Element*>(g.to);
    for (int l = 0; l < fixed::wide_lanes; ++l) {
        const Element* row = table + size_t(g.tokens[l]) * g.width;
        for (int i = 0; i < g.width; ++i) to[i * fixed::wide_lanes + l] = row[i];
    }
}

template <int N> void scatter_rows(const fixed::ScatterRows& s) {
    constexpr int L = fixed::wide_lanes;
    int32_t rows[L][16];
    for (int first = 0; first < s.width; first += 16) {
        const int count = s.width - first < 16 ? s.width - first : 16;
        for (int i = 0; i < count; ++i)
            for (int l = 0; l < L; ++l) {
                const int32_t d = s.d[(first + i) * L + l];
                rows[l][i] = s.shift >= 0 ? fixed::round_shift(d, s.shift) : d << -s.shift;
            }
        for (int l = 0; l < L; ++l) {
            int32_t* row = s.table + size_t(s.tokens[l]) * s.stride + first;
            for_chunks<N>(
                count, [&](auto width, int i) __attribute__((always_inline)) {
                    constexpr int M = decltype(width)::lanes;
                    store(row + i, load32<M>(row + i) + load32<M>(rows[l] + i));
                });
        }
    }
}

}  // namespace
}  // namespace runnel
