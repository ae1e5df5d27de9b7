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

    size_t size() const { return size_t(rows) * columns; }
    bool holds_biases() const { return role == Role::bias || role == Role::recurrent_bias; }
    size_t row_bytes() const { return columns * (holds_biases() ? sizeof(int32_t) : sizeof(int16_t)); }
};

/// Weights as products read them: int16, or int8 with narrow_bits less. (Small enough for registers: a structure that
/// is written in pieces and copied whole keeps a CPU waiting.)
struct Weights {
    const void* numbers;
    int16_t bits;
    bool narrow;

    const int16_t* wide() const { return static_cast<const int16_t*>(numbers); }
    const int8_t* codes() const { return static_cast<const int8_t*>(numbers); }
    Weights at(size_t first) const {
        if (narrow) return {codes() + first, bits, true};
        return {wide() + first, bits, false};
    }
    int32_t operator[](size_t i) const { return narrow ? codes()[i] : wide()[i]; }
};

/// Largest row sum of magnitudes of rows [first, first + count).
template <class W> int32_t row_sum(const W* w, uint32_t first, uint32_t count, uint32_t columns) {
    int32_t largest = 0;
    for (uint32_t r = first; r < first + count; ++r) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < columns; ++k) sum += magnitude<int32_t>(w[size_t(r) * columns + k]);
        largest = larger(largest, sum);
    }
    return largest;
}
inline int32_t row_sum(Weights w, uint32_t first, uint32_t count, uint32_t columns) {
    return w.narrow ? row_sum(w.codes(), first, count, columns) : row_sum(w.wide(), first, count, columns);
}

/// Whether the sums of magnitudes over the rows, and with `by_columns` over each gate's part of the columns, are at
/// most `limit`: products then stay within int32, those of the way back too. (No sum of max_width magnitudes wraps.)
template <class W> bool sums_fit(const W* w, const TensorShape& t, bool by_columns, int32_t limit = row_sum_limit) {
    if (row_sum(w, 0, t.rows, t.columns) > limit) return false;
    if (!by_columns) return true;
    constexpr uint32_t tile = 16;
    const uint32_t gate_rows = t.rows / t.gates;
    for (uint32_t k = 0; k < t.columns; k += tile)
        for (uint32_t first = 0; first < t.rows; first += gate_rows) {
            int32_t sums[tile] = {};
            const uint32_t count = smaller(tile, t.columns - k);
            for (uint32_t r = first; r < first + gate_rows; ++r)
                for (uint32_t i = 0; i < count; ++i) sums[i] += magnitude<int32_t>(w[size_t(r) * t.columns + k + i]);
            for (const int32_t sum : sums)
                if (sum > limit) return false;
        }
    return true;
}

/// The limit for int8 weights: the trainer holds them as int16 with narrow_bits more, of which it gives up as many as
/// its own limit asks for, but none below min_weight_bits.
constexpr int32_t narrow_row_sum_limit(int bits) { return row_sum_limit >> larger(min_weight_bits - bits, 0); }

/// `count` weights, of a tensor whose magnitudes are at most `largest`, rounded to its int8 grid. `to` may be `from`.
inline void to_grid(const int16_t* from, int16_t* to, size_t count, int32_t largest) {
    const int step = larger(bit_length(uint32_t(largest)) - 7, 0);
    for (size_t i = 0; i < count; ++i)
        to[i] = int16_t(clamp(round_shift<int32_t>(from[i], step), -127, 127) * (1 << step));
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
