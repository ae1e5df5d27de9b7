/// One layer of a loaded model: where its weights are and where its numbers go. All pointers lead into the
/// model file; all offsets count floats from the start of a session's numbers.
#pragma once
#include "kernels/kernels.hpp"

namespace runnel {

enum class Cell : std::uint8_t { simple_rnn, gru, gru_reset_before, lstm };

struct Layer {
    enum class Kind : std::uint8_t { embedding, recurrent, dense, activate };
    Kind kind = Kind::embedding;
    Cell cell = Cell::simple_rnn;
    Format format = Format::f32;
    std::uint32_t inputs = 0;   ///< embedding: number of tokens
    std::uint32_t outputs = 0;  ///< recurrent, dense: units
    const void* weights = nullptr;
    const float* bias = nullptr;
    Activation activation{}, recurrent_activation{};
    std::uint32_t state = 0;    ///< recurrent: h of even steps, h of odd steps, then LSTM's c; padded units each
};

/// What a layer reads: `columns` values that meet the columns `first`, ... of its matrix. A one-hot input is the
/// single value 1 for column `first`.
struct Input {
    const float* x;
    std::uint32_t first, columns;
};

}  // namespace runnel
