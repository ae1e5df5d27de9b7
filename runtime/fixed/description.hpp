/// What a fixed network is made of, and where its numbers lie: in a model's file, which they are read from in place.
#pragma once
#include "base/activation.hpp"
#include "base/cell.hpp"
#include "runnel/constants.h"
#include "tensor.hpp"

namespace runnel::fixed {

struct LayerDescription {
    enum class Kind : uint8_t { embedding, one_hot, features, recurrent, dense, activate };
    Kind kind;
    Cell cell = Cell::simple_rnn;
    Function activation = Function::linear;
    Function gate_function = Function::sigmoid;
    int8_t bits = unit_bits;  ///< fraction bits of features, and of states whose function does not stay within 1
    int8_t preactivation_bits = fixed::preactivation_bits;
    int8_t weight_bits = 0, recurrent_bits = 0;
    uint32_t inputs = 0;  ///< embedding, one_hot: tokens
    uint32_t units = 0;   ///< width of what the layer gives
    /// Row-major: embedding [inputs][units]; recurrent [gates * units][inputs] (behind one_hot [inputs][gates *
    /// units]), then [gates * units][units]; dense [units][inputs]. int16, or int8 in a narrow network.
    const void* weights = nullptr;
    /// int8: fraction bits that each row has more (Codes), of the kernel, then of the recurrent kernel; null: none.
    const uint8_t* finer = nullptr;
    /// bias_bits_more than preactivation_bits; gru: of the input part, then of the recurrent part.
    const int32_t* biases = nullptr;
};

/// One input, then other layers, at least one of them recurrent.
struct Description {
    LayerDescription layers[RUNNEL_MAX_LAYERS + 1];
    uint32_t count = 0;
    bool narrow = false;   ///< weights are int8
    bool widened = false;  ///< and are to be copied as int16, for want of Kernels::narrow_product

    /// Whether a layer's numbers have formats that the trainer can give and change.
    bool has_trained_formats(const LayerDescription& l) const {
        const auto trained = [&](int bits) { return is_weight_format(narrow ? bits + narrow_bits : bits); };
        const bool weights = l.kind == LayerDescription::Kind::embedding || l.biases;
        return l.preactivation_bits == preactivation_bits && (!weights || trained(l.weight_bits)) &&
               (l.kind != LayerDescription::Kind::recurrent || trained(l.recurrent_bits));
    }
};

/// Calls f(shape, numbers, finer) for all tensors in their order, which that of a patch and of the trainer's parameters
/// is. Numbers are int32 for biases, else int16 or, in a narrow network, int8 of which `finer` is as in Codes.
template <class F> void for_each_tensor(const Description& network, F f) {
    const size_t weight = network.narrow ? sizeof(int8_t) : sizeof(int16_t);
    for (uint32_t i = 0; i < network.count; ++i) {
        const LayerDescription& l = network.layers[i];
        const auto* weights = static_cast<const unsigned char*>(l.weights);
        const int32_t* biases = l.biases;
        const uint8_t* finer = l.finer;
        const auto tensor = [&](Role role, uint32_t rows, uint32_t columns, int8_t bits, uint8_t gates) {
            TensorShape shape = {rows, columns, bits, gates, uint8_t(i), role};
            if (shape.holds_biases()) {
                f(shape, static_cast<const void*>(biases), nullptr);
                biases += rows;
            } else {
                shape.row_grids = finer;
                f(shape, static_cast<const void*>(weights), finer);
                weights += shape.size() * weight;
                if (finer) finer += rows;
            }
        };
        using Kind = LayerDescription::Kind;
        if (l.kind == Kind::embedding) {
            tensor(Role::embeddings, l.inputs, l.units, l.weight_bits, 1);
        } else if (l.kind == Kind::dense) {
            tensor(Role::kernel, l.units, l.inputs, l.weight_bits, 1);
            tensor(Role::bias, l.units, 1, bias_bits, 1);
        } else if (l.kind == Kind::recurrent) {
            const auto gates = uint8_t(gates_of(l.cell));
            const uint32_t rows = gates * l.units;
            if (network.layers[0].kind == Kind::one_hot && i == 1)
                tensor(Role::kernel, l.inputs, rows, l.weight_bits, 1);
            else tensor(Role::kernel, rows, l.inputs, l.weight_bits, gates);
            tensor(Role::recurrent_kernel, rows, l.units, l.recurrent_bits, gates);
            tensor(Role::bias, rows, 1, bias_bits, gates);
            if (l.cell == Cell::gru) tensor(Role::recurrent_bias, rows, 1, bias_bits, gates);
        }
    }
}

}  // namespace runnel::fixed
