/// y = W x + b.
#pragma once
#include "blocks.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

template <class Isa, template <class, int> class Dot> void dense_step(const DenseStep& s) {
    for_each_block<4>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using S = Sums<Isa, Dot, W, B, 1>;
        using D = typename S::D;
        using V = typename Isa::template floats<W>;
        const Packing packing{1, s.units, s.inputs, 0, D::group};
        for (int part = 0; part < S::parts; ++part) {
            const std::size_t offset = std::size_t(part) * S::V * D::lanes;
            S sums;
            sums.clear();
            sums.add(static_cast<const typename D::Weight*>(s.weights) + unit * packing.columns() +
                         padded_to(s.first, D::group) * W + offset * D::group,
                     16 * packing.columns(), s.x, s.columns);
            sums.collect();
            for (int b = 0; b < B; ++b)
                for (int v = 0; v < S::V; ++v) {
                    const std::size_t at = unit + 16 * b + offset + v * D::lanes;
                    (sums.sum[0][b][0][v] + V::load_unaligned(s.bias + at)).store_unaligned(s.y + at);
                }
        }
    });
}

}  // namespace
}  // namespace runnel
