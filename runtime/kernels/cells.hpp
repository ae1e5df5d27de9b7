/// The recurrent cells, after Keras (https://keras.io/api/layers/recurrent_layers).
#pragma once
#include "activation.hpp"
#include "blocks.hpp"
#include "built.hpp"
#include "kernels.hpp"
#include "rows.hpp"

namespace runnel {
namespace {

/// The activations of nearly every model, known when compiling.
template <class Arithmetic> struct StandardActivations {
    static constexpr int blocks = 4;  ///< at once, at most
    explicit StandardActivations(const CellStep&) {}
    template <class V> V gate(V x) const { return sigmoid_of<Arithmetic>(x); }
    template <class V> V candidate(V x) const { return tanh_of<Arithmetic>(x); }
};

/// Any activations. (Half the code that a compiler must make; the sums of a single block run in several chains.)
template <class Arithmetic> struct ChosenActivations {
    static constexpr int blocks = 1;
    Activation of_gate, of_candidate;
    explicit ChosenActivations(const CellStep& s) : of_gate(s.recurrent_activation), of_candidate(s.activation) {}
    template <class V> [[gnu::noinline]] static V call(Activation f, V x) { return apply<Arithmetic>(f, x); }
    template <class V> V gate(V x) const { return call(of_gate, x); }
    template <class V> V candidate(V x) const { return call(of_candidate, x); }
};

/// Which gates a matrix has, and how its products are used.
struct Gates {
    int count;               ///< of the matrix
    int terms;               ///< of the cell's bias
    int apart_from = count;  ///< the first gate whose input part does not meet the state part before the activation
    int first = 0;           ///< which of the cell's gates the matrix begins with
    int of_cell = count;     ///< all gates that the cell has
};

/// The products of a step of N streams over the same weights, for B blocks of width W from `unit` on, some lanes of
/// each: what the gates' activations are applied to.
template <class Isa, template <class, int> class Dot, int W, int B, int N, Gates gates>
struct Products {
    using S = Sums<Isa, Dot, W, B, gates.count, N>;
    using D = typename S::D;
    using V = typename Isa::template floats<W>;

    const CellStep* s;  ///< of each stream
    std::size_t unit, offset;
    S sums;
    /// The input part with its bias, as far as it is kept apart; else the bias alone.
    V from_input[N][B][gates.count][S::V];

    /// state(n): what the recurrent weights of stream n multiply. matrix: elements of the packed weights before this
    /// matrix.
    template <class State>
    [[gnu::always_inline]] Products(const CellStep* steps, std::size_t first_unit, int part, State state,
                                    std::size_t matrix = 0)
        : s(steps), unit(first_unit), offset(std::size_t(part) * S::V * D::lanes) {
        const Packing packing{gates.count, s->units, s->inputs, s->units, D::group};
        const auto* weights = static_cast<const typename D::Weight*>(s->weights) + matrix +
                              unit * gates.count * packing.columns() + offset * D::group;
        const std::size_t stride = 16 * gates.count * packing.columns();
        if (!s->projected.values) {
            sums.add_part(weights + padded_to(s->first, D::group) * gates.count * W, stride,
                          [&](int n) { return s[n].x; }, s->columns, s->columns == s->inputs, offsets(0));
            keep_input_part();
        } else if constexpr (!Isa::rows_last) {
            take_row();
        }
        sums.add_part(weights + padded_to(s->inputs, D::group) * gates.count * W, stride, state, s->units, true,
                      offsets(gates.of_cell));
        if constexpr (Isa::rows_last)
            if (s->projected.values) take_row();
    }
    [[gnu::always_inline]] Products(const CellStep* steps, std::size_t first_unit, int part)
        : Products(steps, first_unit, part, [steps](int n) { return steps[n].state; }) {}

    /// The state part of a gate, with the input part where the two share their sums.
    [[gnu::always_inline]] V state_part(int n, int b, int g, int v) const {
        return scaled(sums.value(n, b, g, v), n, gates.of_cell + g, b, v);
    }
    /// The whole.
    [[gnu::always_inline]] V operator()(int n, int b, int g, int v) const {
        return state_part(n, b, g, v) + from_input[n][b][g][v];
    }
    /// The unit at which vector v of block b begins.
    std::size_t at(int b, int v) const { return unit + 16 * b + offset + v * D::lanes; }
    V bias(int b, int term, int v) const { return packed(s->bias, gates.terms, gates.first + term, b, v); }

    /// f(n, b, v) for each vector of units of each stream.
    template <class F> [[gnu::always_inline]] void for_each_vector(F f) const {
        unrolled<N>([&](int n) __attribute__((always_inline)) {
            unrolled<B>([&](int b) __attribute__((always_inline)) {
                unrolled<S::V>([&](int v) __attribute__((always_inline)) { f(n, b, v); });
            });
        });
    }

private:
    /// Where one vector of [block][terms][width] lies.
    std::size_t place(int terms, int term, int b, int v) const {
        return (unit + 16 * b) * terms + term * W + offset + v * D::lanes;
    }
    V packed(const float* from, int terms, int term, int b, int v) const {
        return V::load_unaligned(from + place(terms, term, b, v));
    }
    /// Of the input part (0) or the state part (gates.of_cell).
    auto offsets(int part) const {
        return [this, part](int b, int g, int v) {
            return s->offsets + place(2 * gates.of_cell, part + gates.first + g, b, v);
        };
    }
    V projected(int n, int b, int g, int v) const {
        return values_at<V>(s[n].projected, place(gates.of_cell, gates.first + g, b, v));
    }
    V scaled(V sum, int n, int term, int b, int v) const {
        if constexpr (D::integer) return sum * packed(s[n].scales, 2 * gates.of_cell, gates.first + term, b, v);
        else return sum;
    }
    [[gnu::always_inline]] void take_row() {
        S::for_each_row([&](int n, int b, int g, int v) __attribute__((always_inline)) {
            from_input[n][b][g][v] = projected(n, b, g, v) + bias(b, g, v);
        });
    }
    /// Takes the input part out of the sums: of the kept gates, and of all where the parts' scales differ.
    [[gnu::always_inline]] void keep_input_part() {
        const bool all = D::integer && s->apart;
        S::for_each_row([&](int n, int b, int g, int v) __attribute__((always_inline)) {
            from_input[n][b][g][v] = bias(b, g, v);
            if (g < gates.apart_from && !all) return;
            from_input[n][b][g][v] = from_input[n][b][g][v] + scaled(sums.value(n, b, g, v), n, g, b, v);
            sums.clear(n, b, g, v);
        });
    }
};

/// Puts a vector of the new h, and its codes, at unit `at`.
template <class D, class V> [[gnu::always_inline]] inline void store_state(const CellStep& s, V h, std::size_t at) {
    h.store_unaligned(s.h_next + at);
    if constexpr (D::integer)
        if (s.state_next)
            D::store_codes(h * V(s.state_inverse), static_cast<typename D::Input*>(s.state_next) + at);
}

/// h' = tanh(W x + U h + b)
template <class Isa, template <class, int> class Dot, class Activations> struct SimpleRnn {
    using Tiles = Tiling<Isa, Dot, 1, Activations::blocks>;
    template <int N> static void step(const CellStep* s) {
        const Activations f(*s);
        Tiles::template for_each<N>(s->units, s->begin, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
            __attribute__((always_inline)) {
            using P = Products<Isa, Dot, W, B, N, Gates{.count = 1, .terms = 1}>;
            for (int part = 0; part < P::S::parts; ++part) {
                const P sum(s, unit, part);
                sum.for_each_vector([&](int n, int b, int v) __attribute__((always_inline)) {
                    store_state<typename P::D>(s[n], f.candidate(sum(n, b, 0, v)), sum.at(b, v));
                });
            }
        });
    }
};

/// z h + (1 - z) n
template <class Arithmetic, class V> V between(V z, V h, V n) { return Arithmetic::multiply_add(z, h - n, n); }

/// GRU, reset_after=True:
/// z = sigma(W_z x + U_z h + b_z), r = sigma(W_r x + U_r h + b_r), n = tanh(W_n x + b_n + r (U_n h + c_n)),
/// h' = z h + (1 - z) n
template <class Isa, template <class, int> class Dot, class Activations> struct Gru {
    using Tiles = Tiling<Isa, Dot, 3, (Activations::blocks + 1) / 2>;
    template <int N> static void step(const CellStep* s) {
        const Activations f(*s);
        Tiles::template for_each<N>(s->units, s->begin, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
            __attribute__((always_inline)) {
            using P = Products<Isa, Dot, W, B, N, Gates{.count = 3, .terms = 4, .apart_from = 2}>;
            using V = typename P::V;
            using A = typename P::D::Arithmetic;
            for (int part = 0; part < P::S::parts; ++part) {
                const P sum(s, unit, part);
                sum.for_each_vector([&](int n, int b, int v) __attribute__((always_inline)) {
                    const V h = V::load_unaligned(s[n].h + sum.at(b, v));
                    const V z = f.gate(sum(n, b, 0, v));
                    const V r = f.gate(sum(n, b, 1, v));
                    const V candidate = f.candidate(A::multiply_add(r, sum.state_part(n, b, 2, v) + sum.bias(b, 3, v),
                                                                    sum.from_input[n][b][2][v]));
                    store_state<typename P::D>(s[n], between<A>(z, h, candidate), sum.at(b, v));
                });
            }
        });
    }
};

/// GRU, reset_after=False: as above, but n = tanh(W_n x + U_n (r h) + b_n), so that all r come before any n.
template <class Isa, template <class, int> class Dot, class Activations> struct GruResetBefore {
    template <int N> static void step(const CellStep* s) {
        const Activations f(*s);
        float* z_of = s->scratch;
        float* r_h = s->scratch + padded_units(s->units);
        void* r_h_codes = s->scratch + 2 * padded_units(s->units);
        Tiling<Isa, Dot, 2, 1>::template for_each<1>(s->units, 0, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
            __attribute__((always_inline)) {
            using P = Products<Isa, Dot, W, B, 1, Gates{.count = 2, .terms = 3, .of_cell = 3}>;
            using V = typename P::V;
            for (int part = 0; part < P::S::parts; ++part) {
                const P sum(s, unit, part);
                sum.for_each_vector([&](int, int b, int v) __attribute__((always_inline)) {
                    const V h = V::load_unaligned(s->h + sum.at(b, v));
                    f.gate(sum(0, b, 0, v)).store_unaligned(z_of + sum.at(b, v));
                    (f.gate(sum(0, b, 1, v)) * h).store_unaligned(r_h + sum.at(b, v));
                });
            }
        });
        using D = Dot<Isa, 16>;
        const void* state = r_h;
        if constexpr (D::integer) {
            quantize(r_h, padded_units(s->units), s->state_inverse, static_cast<typename D::Input*>(r_h_codes));
            state = r_h_codes;
        }
        const auto behind_z_r = std::size_t(Packing{2, s->units, s->inputs, s->units, D::group}.size());
        Tiling<Isa, Dot, 1, 1>::template for_each<1>(s->units, 0, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
            __attribute__((always_inline)) {
            using P = Products<Isa, Dot, W, B, 1, Gates{.count = 1, .terms = 3, .first = 2, .of_cell = 3}>;
            using V = typename P::V;
            for (int part = 0; part < P::S::parts; ++part) {
                const P sum(s, unit, part, [state](int) { return state; }, behind_z_r);
                sum.for_each_vector([&](int, int b, int v) __attribute__((always_inline)) {
                    const V h = V::load_unaligned(s->h + sum.at(b, v));
                    const V z = V::load_unaligned(z_of + sum.at(b, v));
                    const V candidate = f.candidate(sum(0, b, 0, v));
                    store_state<typename P::D>(*s, between<typename D::Arithmetic>(z, h, candidate), sum.at(b, v));
                });
            }
        });
    }
};

/// i, f, o = sigma(W x + U h + b), g = tanh(W_c x + U_c h + b_c), c' = f c + i g, h' = o tanh(c')
template <class Isa, template <class, int> class Dot, class Activations> struct Lstm {
    using Tiles = Tiling<Isa, Dot, 4, (Activations::blocks + 1) / 2>;
    template <int N> static void step(const CellStep* s) {
        const Activations f(*s);
        Tiles::template for_each<N>(s->units, s->begin, [&]<int W, int B>(Int<W>, Int<B>, std::size_t unit)
            __attribute__((always_inline)) {
            using P = Products<Isa, Dot, W, B, N, Gates{.count = 4, .terms = 4}>;
            using V = typename P::V;
            using A = typename P::D::Arithmetic;
            for (int part = 0; part < P::S::parts; ++part) {
                const P sum(s, unit, part);
                sum.for_each_vector([&](int n, int b, int v) __attribute__((always_inline)) {
                    const V input = f.gate(sum(n, b, 0, v));
                    const V forget = f.gate(sum(n, b, 1, v));
                    const V candidate = f.candidate(sum(n, b, 2, v));
                    const V output = f.gate(sum(n, b, 3, v));
                    float* at = s[n].c + sum.at(b, v);
                    const V c = A::multiply_add(forget, V::load_unaligned(at), input * candidate);
                    c.store_unaligned(at);
                    store_state<typename P::D>(s[n], output * f.candidate(c), sum.at(b, v));
                });
            }
        });
    }
};

inline bool is_standard(const CellStep& s) {
    return s.activation.function == Function::tanh && s.recurrent_activation.function == Function::sigmoid;
}

template <class Isa, template <class, int> class Dot, template <class, template <class, int> class, class> class Cell>
struct Steps {
    using Arithmetic = typename Dot<Isa, 16>::Arithmetic;
    using Standard = Cell<Isa, Dot, StandardActivations<Arithmetic>>;
    using Chosen = Cell<Isa, Dot, ChosenActivations<Arithmetic>>;

    static void one(const CellStep& s) {
        is_standard(s) ? Standard::template step<1>(&s) : Chosen::template step<1>(&s);
    }
    static void tile(const CellStep* s) {
        std::size_t done = 0;
        if constexpr (requires { typename Standard::Tiles; })
            if (is_standard(*s)) {
                Standard::template step<tile_streams>(s);
                done = Standard::Tiles::shared_units(s->units);
            }
        for (int n = 0; n < tile_streams && done < padded_units(s->units); ++n) {
            CellStep rest = s[n];
            rest.begin = std::uint32_t(done);
            one(rest);
        }
    }
};

template <class Isa, template <class, int> class Dot, template <class, template <class, int> class, class> class Cell,
          unsigned number>
constexpr void add_cell(CellKernels& kernels) {
    if constexpr (is_built_cell(number)) {
        kernels.step[number] = Steps<Isa, Dot, Cell>::one;
        kernels.tile[number] = Steps<Isa, Dot, Cell>::tile;
    }
}

template <class Isa, template <class, int> class Dot, Format format> constexpr CellKernels cell_kernels() {
    CellKernels kernels = {};
    if constexpr (is_built_format(unsigned(format))) {
        add_cell<Isa, Dot, SimpleRnn, 0>(kernels);
        add_cell<Isa, Dot, Gru, 1>(kernels);
        add_cell<Isa, Dot, GruResetBefore, 2>(kernels);
        add_cell<Isa, Dot, Lstm, 3>(kernels);
    }
    return kernels;
}

}  // namespace
}  // namespace runnel
