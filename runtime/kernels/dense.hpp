/// y = W x + b.
#pragma once
#include "blocks.hpp"
#include "built.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

template <class Isa, template <class, int> class Dot> void dense_step(const DenseStep& s) {
    Tiling<Isa, Dot, 1, 4>::template for_each<1>(s.units, 0, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
        __attribute__((always_inline)) {
        using S = Sums<Isa, Dot, W, B, 1>;
        using D = typename S::D;
        using V = typename Isa::template floats<W>;
        const Packing packing{1, s.units, s.inputs, 0, D::group};
        for (int part = 0; part < S::parts; ++part) {
            const std::size_t offset = std::size_t(part) * S::V * D::lanes;
            S sums;
            sums.add_part(static_cast<const typename D::Weight*>(s.weights) + unit * packing.columns() +
                         padded_to(s.first, D::group) * W + offset * D::group,
                     16 * packing.columns(), [&](int) { return s.x; }, s.columns, s.columns == s.inputs,
                     [&](int b, int, int v) { return s.offsets + unit + 16 * b + offset + v * D::lanes; });
            S::for_each_row([&](int, int b, int, int v) __attribute__((always_inline)) {
                const std::size_t at = unit + 16 * b + offset + v * D::lanes;
                V y = sums.value(0, b, 0, v);
                if constexpr (D::integer) y = y * (V::load_unaligned(s.scales + at) * V(s.x_factor));
                (y + V::load_unaligned(s.bias + at)).store_unaligned(s.y + at);
            });
        }
    });
}

template <class Isa, template <class, int> class Dot, Format format> constexpr auto dense_kernel() {
    void (*kernel)(const DenseStep&) = nullptr;
    if constexpr (is_built_format(unsigned(format))) kernel = dense_step<Isa, Dot>;
    return kernel;
}

}  // namespace
}  // namespace runnel
