#include "quantize/bounds.hpp"

namespace runnel::converter {
namespace {

/// Whether a gate of this function only ever attenuates.
bool is_gate(Function function) {
    switch (function) {
    case Function::sigmoid:
    case Function::hard_sigmoid:
    case Function::hard_sigmoid_keras3:
    case Function::sparse_sigmoid:
        return true;
    default:
        return false;
    }
}

}  // namespace

std::optional<double> bound(Function function) {
    switch (function) {
    case Function::tanh:
    case Function::hard_tanh:
    case Function::softsign:
    case Function::softmax:
    case Function::sparsemax:
        return 1;
    case Function::relu6:
        return 6;
    default:
        return is_gate(function) ? std::optional<double>(1) : std::nullopt;
    }
}

std::optional<double> bound(const Recurrent& recurrent) {
    // GRU: between the state before and the candidate; LSTM: a gate times the activation.
    const bool gated = recurrent.cell != schema::Cell::simple_rnn;
    if (gated && !is_gate(recurrent.recurrent_activation.function)) return std::nullopt;
    return bound(recurrent.activation.function);
}

}  // namespace runnel::converter
