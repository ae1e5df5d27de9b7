/// What follows from a cell and from a number format.
#pragma once
#include "kernels/kernels.hpp"

namespace runnel {

enum class Cell : std::uint8_t { simple_rnn, gru, gru_reset_before, lstm };

constexpr std::size_t gates_of(Cell cell) { return cell == Cell::simple_rnn ? 1 : cell == Cell::lstm ? 4 : 3; }

constexpr bool is_integer(Format f) { return f == Format::int8 || f == Format::int8x16; }
/// Columns that lie together.
constexpr std::size_t group_of(Format f) { return is_integer(f) ? 4 : 1; }
/// Bytes of a weight of a matrix.
constexpr std::size_t weight_size(Format f) { return f == Format::f32 ? 4 : f == Format::f16 ? 2 : 1; }
/// Bytes of an input code.
constexpr std::size_t code_size(Format f) { return f == Format::int8 ? 1 : 2; }
/// The largest input code.
constexpr float code_limit(Format f) { return f == Format::int8 ? 127.0f : 32767.0f; }

}  // namespace runnel
