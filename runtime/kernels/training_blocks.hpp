/// Blocks of errors over flat arrays.
#pragma once
#include "fixed_activate.hpp"
#include "training_kernels.hpp"

namespace runnel {
namespace {

template <int N> uint32_t used_bits(const int32_t* x, int n) {
    UsedBits<N> bits;
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            bits.template add<M>(load32<M>(x + i));
        });
    return bits.all();
}

template <int N> void block(const int32_t* x, int16_t* y, int n, int shift) {
    for_chunks<N>(
        n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            const Ints<M> v = load32<M>(x + i);
            store16<M>(y + i,
                       shift >= 0 ? fixed::smaller(fixed::round_shift(v, shift), broadcast<M>(32767)) : v << -shift);
        });
}

template <int N> void carry(const fixed::Carry& c) {
    for_chunks<N>(
        c.n, [&](auto width, int i) __attribute__((always_inline)) {
            constexpr int M = decltype(width)::lanes;
            store(c.to + i, fixed::round_shift(load16<M>(c.d + i) * load16<M>(c.gate + i), c.shift));
        });
}

template <int N> uint32_t activate_backward(const fixed::ActivateBackward& request) {
    const auto p = request;
    UsedBits<N> used;
    with_function(p.function, [&](auto tag) {
        for_chunks<N>(
            p.n, [&](auto width, int i) __attribute__((always_inline)) {
                constexpr int M = decltype(width)::lanes;
                const Ints<M> slope = FixedFunction<decltype(tag)::function, M>::slope(load16<M>(p.y + i));
                const Ints<M> error = load16<M>(p.d + i) * slope;
                used.template add<M>(error);
                store(p.errors + i, error);
            });
    });
    return used.all();
}

}  // namespace
}  // namespace runnel
