/// The narrow waist: every layer is written over these functions and knows nothing of instruction sets.
/// They keep no state, allocate nothing and check nothing: the model's verification has done so.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/activation.hpp"

namespace runnel {

/// The weights' formats, in the order of `Format` in schemas/model.fbs.
enum class Format : std::uint8_t { f32 };
inline constexpr int formats = 1;

/// One step of one recurrent layer.
struct CellStep {
    const void* weights;          ///< packed: base/packing.hpp, schemas/model.fbs
    const float* bias;            ///< packed: [block][term][width]
    const float* x;               ///< `columns` values
    std::uint32_t inputs;         ///< columns of the matrix's input part
    std::uint32_t first, columns; ///< the part of them to multiply by x: 0, inputs; or id, 1 for a one-hot input
    std::uint32_t units;
    const float* h;               ///< state before the step, padded to whole blocks
    float* h_next;                ///< state after it; must not overlap h
    float* c;                     ///< LSTM's cell state, updated in place; else null
    float* scratch;               ///< padded units; GRU with reset_after=False only
    Activation activation;
    Activation recurrent_activation;
};

/// y = W x + b, y padded to whole blocks.
struct DenseStep {
    const void* weights;
    const float* bias;
    const float* x;
    std::uint32_t inputs;
    std::uint32_t first, columns; ///< as in CellStep
    std::uint32_t units;
    float* y;
};

struct Kernels {
    const char* name;

    /// Recurrent cells [format][cell], in the order of `Cell` in schemas/model.fbs:
    /// SimpleRNN, GRU(reset_after=True), GRU(reset_after=False), LSTM.
    void (*cell[formats][4])(const CellStep&);
    void (*dense[formats])(const DenseStep&);

    /// x[i] = f(x[i]) in place, for n values; n need not be a multiple of anything.
    /// NaN gives NaN; infinities give the function's limits.
    void (*activate)(Activation f, float* x, std::uint32_t n);

    /// Whether all n values are neither NaN nor infinite.
    bool (*all_finite)(const float* x, std::size_t n);
};

/// The sets of this build that this CPU can run, best first; scalar is always the last. Ended by null.
const Kernels* const* available_kernels() noexcept;

/// The set of that name (null: the best). Returns null if the build has none or the CPU lacks it, and says which
/// in `known`.
const Kernels* find_kernels(const char* name, bool& known) noexcept;

}  // namespace runnel
