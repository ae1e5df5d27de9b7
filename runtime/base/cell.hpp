/// Recurrent cells, and what follows from them alone.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace runnel {

/// The numbers are those of `Cell` in schemas/model.fbs. gru: GRU(reset_after=True).
enum class Cell : uint8_t { simple_rnn, gru, gru_reset_before, lstm };

constexpr bool is_gated(Cell cell) { return cell != Cell::simple_rnn; }
/// Rows of its matrices: this times its units.
constexpr size_t gates_of(Cell cell) { return cell == Cell::simple_rnn ? 1 : cell == Cell::lstm ? 4 : 3; }
/// Numbers of its bias a unit; gru adds the candidate's recurrent part by itself.
constexpr size_t bias_terms_of(Cell cell) { return gates_of(cell) + (cell == Cell::gru); }
inline constexpr int max_gates = 4;

}  // namespace runnel
