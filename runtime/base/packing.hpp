/// Where a weight lies: the one formula that the converter writes by and the kernels read by.
///
/// Units are cut in blocks of 16. A remainder of at most 8 units becomes a block of 8, a larger one a block
/// of 16; what the units leave free is zero. Within a block, columns come in groups, and each group holds all
/// gates: [column / group][gate][width][column % group]. A gated cell thus reads its input part and, right
/// behind it, its recurrent part as one stream.
///
/// What kernels call is always inline: a copy in the object of an instruction set could be linked for everybody.
#pragma once
#include <cstddef>
#include <cstdint>

namespace runnel {

inline constexpr std::size_t block_units = 16;

/// Units including the padding of the last block: a multiple of 8.
[[gnu::always_inline]] constexpr std::size_t padded_units(std::size_t units) {
    const std::size_t rest = units % block_units;
    return units - rest + (rest == 0 ? 0 : rest <= 8 ? 8 : 16);
}

/// Width of the block that holds `unit`: 16 or 8.
constexpr std::size_t block_width(std::size_t units, std::size_t unit) {
    const std::size_t start = unit - unit % block_units;
    return padded_units(units) - start < block_units ? 8 : block_units;
}

[[gnu::always_inline]] constexpr std::size_t padded_to(std::size_t n, std::size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/// A packed matrix of `gates` x `units` rows. Its columns are `inputs`, then `recurrent` ones (0 for Dense),
/// each part padded to a multiple of `group`.
struct Packing {
    std::size_t gates, units, inputs, recurrent, group;
    bool split_pairs = false;  ///< int8x16: a group's columns lie in the order 0 2 1 3

    [[gnu::always_inline]] constexpr std::size_t columns() const {
        return padded_to(inputs, group) + padded_to(recurrent, group);
    }
    /// Elements in all; in 64 bits, so that a file's sizes are verified with it.
    [[gnu::always_inline]] constexpr std::uint64_t size() const {
        return std::uint64_t(padded_units(units)) * gates * columns();
    }
    /// Element of input column `k` < inputs.
    constexpr std::size_t input(std::size_t gate, std::size_t unit, std::size_t k) const { return at(gate, unit, k); }
    /// Element of recurrent column `k` < recurrent.
    constexpr std::size_t state(std::size_t gate, std::size_t unit, std::size_t k) const {
        return at(gate, unit, padded_to(inputs, group) + k);
    }

private:
    constexpr std::size_t at(std::size_t gate, std::size_t unit, std::size_t column) const {
        const std::size_t lane = unit % block_units, width = block_width(units, unit);
        return (unit - lane) * gates * columns() +
               (((column / group) * gates + gate) * width + lane) * group + place(column % group);
    }
    constexpr std::size_t place(std::size_t column) const {
        return split_pairs && (column == 1 || column == 2) ? 3 - column : column;
    }
};

/// A bias of `terms` values per unit lies as [block][term][width].
constexpr std::size_t bias_index(std::size_t terms, std::size_t units, std::size_t term, std::size_t unit) {
    const std::size_t lane = unit % block_units;
    return (unit - lane) * terms + term * block_width(units, unit) + lane;
}

}  // namespace runnel
