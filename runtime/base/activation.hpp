/// Activation functions, with the formulas of https://keras.io/api/layers/activations.
#pragma once
#include <stdint.h>

namespace runnel {

/// The numbers are those of `Function` in schemas/model.fbs.
enum class Function : uint8_t {
    linear, tanh, sigmoid, relu, hard_sigmoid, hard_sigmoid_keras3, softmax, log_softmax, softplus, softsign,
    elu, selu, exponential, silu, hard_silu, gelu, gelu_tanh, relu6, leaky_relu, mish, celu, hard_tanh,
    log_sigmoid, tanh_shrink, squareplus, soft_shrink, hard_shrink, sparse_plus, sparse_sigmoid, sparsemax, glu,
    count
};

struct Activation {
    Function function;
    float alpha;  ///< parameter of the functions that have one, else unused
};

/// Functions of one number. The others read the whole vector, so that a recurrent cell cannot use them.
constexpr bool is_elementwise(Function f) {
    return f != Function::softmax && f != Function::log_softmax && f != Function::sparsemax && f != Function::glu;
}

/// Functions whose values lie in [-1, 1].
constexpr bool stays_within_one(Function f) {
    return f == Function::tanh || f == Function::sigmoid || f == Function::hard_sigmoid ||
           f == Function::hard_sigmoid_keras3 || f == Function::hard_tanh || f == Function::softsign ||
           f == Function::sparse_sigmoid;
}

/// glu(x) = x[:n/2] * sigmoid(x[n/2:]) halves the width; all others keep it.
constexpr uint32_t activated_width(Function f, uint32_t width) {
    return f == Function::glu ? width / 2 : width;
}

}  // namespace runnel
