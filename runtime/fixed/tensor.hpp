/// Parameter tensors: their shape, their weights as products read them, and what proves that no sum can overflow.
#pragma once
#include "base/fixed.hpp"
#include "base/limits.hpp"

namespace runnel::fixed {

enum class Role : uint8_t { embeddings, kernel, recurrent_kernel, bias, recurrent_bias };

struct TensorShape {
    uint32_t rows, columns;
    int8_t bits;  ///< fraction bits of weights
    uint8_t gates;
    uint8_t layer;  ///< in the network, whose input is layer 0
    Role role;
    bool row_grids = false;  ///< int8: each row has a grid of its own, else the tensor has one

    size_t size() const { return size_t(rows) * columns; }
    bool holds_biases() const { return role == Role::bias || role == Role::recurrent_bias; }
    size_t row_bytes() const { return columns * (holds_biases() ? sizeof(int32_t) : sizeof(int16_t)); }
};

/// int8 weights of a matrix. Row r has finer[r] fraction bits more than the matrix, 0 to narrow_bits; null: no row has.
struct Codes {
    const int8_t* numbers;
    const uint8_t* finer;

    int finer_of(uint32_t row) const { return finer ? finer[row] : 0; }
    int finest(uint32_t rows) const {
        int most = 0;
        for (uint32_t r = 0; r < rows; ++r) most = larger(most, finer_of(r));
        return most;
    }
};

/// Weights as products read them: int16, or int8 with narrow_bits less. (Small enough for registers: a structure that
/// is written in pieces and copied whole keeps a CPU waiting.)
struct Weights {
    const void* numbers;  ///< int16, or Codes
    int16_t bits;
    bool narrow;

    const int16_t* wide() const { return static_cast<const int16_t*>(numbers); }
    const Codes& codes() const { return *static_cast<const Codes*>(numbers); }
};

/// Numbers of int16 as they are; of int8 with `bits` fraction bits more than the matrix, whose finest row has no more.
inline auto as_they_are() {
    return [](uint32_t) { return 0; };
}
inline auto with_bits(Codes codes, int bits) {
    return [codes, bits](uint32_t row) { return bits - codes.finer_of(row); };
}

/// Largest row sum of magnitudes of rows [first, first + count), each shifted left by left(row).
template <class W, class Left>
int32_t row_sum(const W* w, uint32_t first, uint32_t count, uint32_t columns, Left left) {
    int32_t largest = 0;
    for (uint32_t r = first; r < first + count; ++r) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < columns; ++k) sum += magnitude<int32_t>(w[size_t(r) * columns + k]);
        largest = larger(largest, sum << left(r));
    }
    return largest;
}

/// A row sum of magnitudes, which has `bits` fraction bits.
struct RowSum {
    int32_t sum;
    int bits;
};
inline RowSum row_sum(Weights w, uint32_t first, uint32_t count, uint32_t columns) {
    if (!w.narrow) return {row_sum(w.wide(), first, count, columns, as_they_are()), w.bits};
    const Codes& codes = w.codes();
    return {row_sum(codes.numbers, first, count, columns, with_bits(codes, narrow_bits)), w.bits + narrow_bits};
}

/// Whether the sums of magnitudes over the rows, and with `by_columns` over each gate's part of the columns, are at
/// most row_sum_limit, each row shifted by left(row): products then stay within int32, those of the way back too. (No
/// sum of max_width magnitudes wraps.)
template <class W, class Left> bool sums_fit(const W* w, const TensorShape& t, bool by_columns, Left left) {
    if (row_sum(w, 0, t.rows, t.columns, left) > row_sum_limit) return false;
    if (!by_columns) return true;
    constexpr uint32_t tile = 16;
    const uint32_t gate_rows = t.rows / t.gates;
    for (uint32_t k = 0; k < t.columns; k += tile)
        for (uint32_t first = 0; first < t.rows; first += gate_rows) {
            int32_t sums[tile] = {};
            const uint32_t count = smaller(tile, t.columns - k);
            for (uint32_t r = first; r < first + gate_rows; ++r)
                for (uint32_t i = 0; i < count; ++i)
                    sums[i] += magnitude<int32_t>(w[size_t(r) * t.columns + k + i]) << left(r);
            for (const int32_t sum : sums)
                if (sum > row_sum_limit) return false;
        }
    return true;
}
inline bool sums_fit(const int16_t* w, const TensorShape& t, bool by_columns) {
    return sums_fit(w, t, by_columns, as_they_are());
}
/// The trainer holds int8 weights as int16 with narrow_bits more, of which it gives up as many as its sums ask for, but
/// none that the finest row needs, and none below min_weight_bits: the fewest that it must have room for.
inline int least_spare_bits(Codes codes, const TensorShape& t) {
    return larger(codes.finest(t.rows), smaller(min_weight_bits - t.bits, narrow_bits));
}
inline bool sums_fit(Codes codes, const TensorShape& t, bool by_columns, int spare_bits) {
    return sums_fit(codes.numbers, t, by_columns, with_bits(codes, spare_bits));
}

/// Weights of whole rows rounded to their int8 grid; the tensor's magnitudes are at most `largest`. `to` may be `from`.
inline void to_grid(const TensorShape& t, const int16_t* from, int16_t* to, size_t count, int32_t largest) {
    const size_t part = t.row_grids ? t.columns : count;
    for (size_t first = 0; first < count; first += part) {
        if (t.row_grids) {
            largest = 0;
            for (size_t i = first; i < first + part; ++i) largest = larger(largest, magnitude<int32_t>(from[i]));
        }
        const int step = larger(bit_length(uint32_t(largest)) - 7, 0);
        for (size_t i = first; i < first + part; ++i)
            to[i] = int16_t(clamp(round_shift<int32_t>(from[i], step), -127, 127) * (1 << step));
    }
}

/// Halves n weights with magnitudes of at most `largest`, and lowers their bits, until they are within weight_limit and
/// fits(), which renews what follows from them. Returns how many numbers lost their format's top bit for want of a
/// lower one.
template <class Fits> uint32_t halve_until(int16_t* weights, size_t n, int32_t& largest, int8_t& bits, Fits fits) {
    uint32_t saturated = 0;
    while (!fits() || largest > weight_limit) {
        for (size_t i = 0; i < n; ++i) weights[i] = int16_t((weights[i] + 1) >> 1);
        largest = (largest + 1) >> 1;
        if (bits > min_weight_bits) --bits;
        else saturated += uint32_t(n);
    }
    return saturated;
}

}  // namespace runnel::fixed
