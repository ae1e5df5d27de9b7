/// The recurrent cells, after Keras (https://keras.io/api/layers/recurrent_layers).
#pragma once
#include "activation.hpp"
#include "blocks.hpp"
#include "kernels.hpp"

namespace runnel {
namespace {

/// The activations of nearly every model, known when compiling.
struct StandardActivations {
    explicit StandardActivations(const CellStep&) {}
    template <class V> V gate(V x) const { return sigmoid_of(x); }
    template <class V> V candidate(V x) const { return tanh_of(x); }
};

/// Any activations.
struct ChosenActivations {
    Activation of_gate, of_candidate;
    explicit ChosenActivations(const CellStep& s) : of_gate(s.recurrent_activation), of_candidate(s.activation) {}
    template <class V> [[gnu::noinline]] static V call(Activation f, V x) { return apply(f, x); }
    template <class V> V gate(V x) const { return call(of_gate, x); }
    template <class V> V candidate(V x) const { return call(of_candidate, x); }
};

/// A view of one block's part of a step: B blocks of width W from `unit` on, lanes from `offset` on in each.
template <class Isa, template <class, int> class Dot, int W, int B, int G, int Terms> struct Block {
    using S = Sums<Isa, Dot, W, B, G>;
    using D = typename S::D;
    using V = typename Isa::template floats<W>;

    const CellStep& s;
    std::size_t unit, offset;
    Packing packing;
    const typename D::Weight* weights;

    Block(const CellStep& step, std::size_t first_unit, int part, std::size_t matrix = 0)
        : s(step), unit(first_unit), offset(std::size_t(part) * S::V * D::lanes),
          packing{G, step.units, step.inputs, step.units, D::group},
          weights(static_cast<const typename D::Weight*>(step.weights) + matrix + unit * G * packing.columns() +
                  offset * D::group) {}

    std::size_t stride() const { return 16 * G * packing.columns(); }
    void add_input(S& sums) const {
        sums.add(weights + padded_to(s.first, D::group) * G * W, stride(), static_cast<const typename D::Input*>(s.x),
                 s.columns);
    }
    void add_state(S& sums, const float* h) const {
        sums.add(weights + padded_to(s.inputs, D::group) * G * W, stride(), h, s.units);
    }
    /// The unit at which vector v of block b begins.
    std::size_t at(int b, int v) const { return unit + 16 * b + offset + v * D::lanes; }
    V bias(int b, int term, int v) const {
        return V::load_unaligned(s.bias + (unit + 16 * b) * Terms + term * W + offset + v * D::lanes);
    }
    /// f(b, v) for each vector of units.
    template <class F> [[gnu::always_inline]] void for_each_vector(F f) const {
#pragma GCC unroll 4
        for (int b = 0; b < B; ++b)
#pragma GCC unroll 16
            for (int v = 0; v < S::V; ++v) f(b, v);
    }
};

/// h' = tanh(W x + U h + b)
template <class Isa, template <class, int> class Dot, class Activations> void simple_rnn_step(const CellStep& s) {
    const Activations f(s);
    for_each_block<4>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using Blk = Block<Isa, Dot, W, B, 1, 1>;
        for (int part = 0; part < Blk::S::parts; ++part) {
            const Blk block(s, unit, part);
            typename Blk::S sums;
            sums.clear();
            block.add_input(sums);
            block.add_state(sums, s.h);
            sums.collect();
            block.for_each_vector([&](int b, int v) {
                f.candidate(sums.sum[0][b][0][v] + block.bias(b, 0, v)).store_unaligned(s.h_next + block.at(b, v));
            });
        }
    });
}

/// GRU, reset_after=True:
/// z = sigma(W_z x + U_z h + b_z), r = sigma(W_r x + U_r h + b_r), n = tanh(W_n x + b_n + r (U_n h + c_n)),
/// h' = z h + (1 - z) n
template <class Isa, template <class, int> class Dot, class Activations> void gru_step(const CellStep& s) {
    const Activations f(s);
    for_each_block<2>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using Blk = Block<Isa, Dot, W, B, 3, 4>;
        using V = typename Blk::V;
        for (int part = 0; part < Blk::S::parts; ++part) {
            const Blk block(s, unit, part);
            typename Blk::S sums;
            sums.clear();
            block.add_input(sums);
            V input_part[B][Blk::S::V];  // of the candidate, which r does not touch
            block.for_each_vector([&](int b, int v) {
                input_part[b][v] = block.bias(b, 2, v);
                for (auto& chain : sums.sum) {
                    input_part[b][v] = input_part[b][v] + chain[b][2][v];
                    chain[b][2][v] = V(0.0f);
                }
            });
            block.add_state(sums, s.h);
            sums.collect();
            block.for_each_vector([&](int b, int v) {
                const auto& sum = sums.sum[0][b];
                const V h = V::load_unaligned(s.h + block.at(b, v));
                const V z = f.gate(sum[0][v] + block.bias(b, 0, v));
                const V r = f.gate(sum[1][v] + block.bias(b, 1, v));
                const V n = f.candidate(fma(r, sum[2][v] + block.bias(b, 3, v), input_part[b][v]));
                fma(z, h - n, n).store_unaligned(s.h_next + block.at(b, v));
            });
        }
    });
}

/// GRU, reset_after=False: as above, but n = tanh(W_n x + U_n (r h) + b_n), so that all r come before any n.
template <class Isa, template <class, int> class Dot, class Activations> void gru_reset_before_step(const CellStep& s) {
    const Activations f(s);
    float* z_of = s.h_next;  // kept here until n is known
    for_each_block<2>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using Blk = Block<Isa, Dot, W, B, 2, 3>;
        using V = typename Blk::V;
        for (int part = 0; part < Blk::S::parts; ++part) {
            const Blk block(s, unit, part);
            typename Blk::S sums;
            sums.clear();
            block.add_input(sums);
            block.add_state(sums, s.h);
            sums.collect();
            block.for_each_vector([&](int b, int v) {
                const V h = V::load_unaligned(s.h + block.at(b, v));
                f.gate(sums.sum[0][b][0][v] + block.bias(b, 0, v)).store_unaligned(z_of + block.at(b, v));
                (f.gate(sums.sum[0][b][1][v] + block.bias(b, 1, v)) * h).store_unaligned(s.scratch + block.at(b, v));
            });
        }
    });
    for_each_block<4>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using Blk = Block<Isa, Dot, W, B, 1, 3>;
        using V = typename Blk::V;
        const std::size_t behind_z_r = Packing{2, s.units, s.inputs, s.units, Blk::D::group}.size();
        for (int part = 0; part < Blk::S::parts; ++part) {
            const Blk block(s, unit, part, behind_z_r);
            typename Blk::S sums;
            sums.clear();
            block.add_input(sums);
            block.add_state(sums, s.scratch);
            sums.collect();
            block.for_each_vector([&](int b, int v) {
                const V h = V::load_unaligned(s.h + block.at(b, v));
                const V z = V::load_unaligned(z_of + block.at(b, v));
                const V n = f.candidate(sums.sum[0][b][0][v] + block.bias(b, 2, v));
                fma(z, h - n, n).store_unaligned(s.h_next + block.at(b, v));
            });
        }
    });
}

/// i, f, o = sigma(W x + U h + b), g = tanh(W_c x + U_c h + b_c), c' = f c + i g, h' = o tanh(c')
template <class Isa, template <class, int> class Dot, class Activations> void lstm_step(const CellStep& s) {
    const Activations f(s);
    for_each_block<2>(s.units, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit) {
        using Blk = Block<Isa, Dot, W, B, 4, 4>;
        using V = typename Blk::V;
        for (int part = 0; part < Blk::S::parts; ++part) {
            const Blk block(s, unit, part);
            typename Blk::S sums;
            sums.clear();
            block.add_input(sums);
            block.add_state(sums, s.h);
            sums.collect();
            block.for_each_vector([&](int b, int v) {
                const auto& sum = sums.sum[0][b];
                const V input = f.gate(sum[0][v] + block.bias(b, 0, v));
                const V forget = f.gate(sum[1][v] + block.bias(b, 1, v));
                const V candidate = f.candidate(sum[2][v] + block.bias(b, 2, v));
                const V output = f.gate(sum[3][v] + block.bias(b, 3, v));
                const V c = fma(forget, V::load_unaligned(s.c + block.at(b, v)), input * candidate);
                c.store_unaligned(s.c + block.at(b, v));
                (output * f.candidate(c)).store_unaligned(s.h_next + block.at(b, v));
            });
        }
    });
}

template <class Isa, template <class, int> class Dot> struct Cells {
    template <void standard(const CellStep&), void chosen(const CellStep&)> static void step(const CellStep& s) {
        const bool is_standard = s.activation.function == Function::tanh &&
                                 s.recurrent_activation.function == Function::sigmoid;
        is_standard ? standard(s) : chosen(s);
    }
    using S = StandardActivations;
    using C = ChosenActivations;
    static constexpr auto simple_rnn = step<simple_rnn_step<Isa, Dot, S>, simple_rnn_step<Isa, Dot, C>>;
    static constexpr auto gru = step<gru_step<Isa, Dot, S>, gru_step<Isa, Dot, C>>;
    static constexpr auto gru_reset_before =
        step<gru_reset_before_step<Isa, Dot, S>, gru_reset_before_step<Isa, Dot, C>>;
    static constexpr auto lstm = step<lstm_step<Isa, Dot, S>, lstm_step<Isa, Dot, C>>;
};

}  // namespace
}  // namespace runnel
