/// What follows from a number format.
#pragma once
#include "base/cell.hpp"
#include "kernels/kernels.hpp"

namespace runnel {

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
