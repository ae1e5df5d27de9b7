/// The narrow waist: every layer is written over these functions and knows nothing of instruction sets.
/// They keep no state, allocate nothing and check nothing: the model's verification has done so.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/activation.hpp"

namespace runnel {

/// The numbers of `Format` in schemas/model.fbs. int4 occurs in embeddings only.
enum class Format : std::uint8_t { f32, f16, int8, int8x16, int4 };
inline constexpr int matrix_formats = 4;

/// Values of smaller magnitude (2^-100) are tiny: products with them may be subnormal, which many CPUs compute many times
/// slower than others.
inline constexpr float tiny = 7.8886091e-31f;

/// A row of a projected embedding: the products of a layer's input part, [block][gate][width].
struct Row {
    const void* values;  ///< null: no such row
    Format format;       ///< f32, f16 or int8
    float scale;         ///< int8: of the codes
};

/// One step of one recurrent layer. The inner products of the integer formats are exact; everything around them is
/// float, rounded operation by operation, so that all instruction sets give the same bits.
struct CellStep {
    const void* weights;          ///< packed: base/packing.hpp, schemas/model.fbs
    const float* scales;          ///< integer formats: [block][2 gates][width], of the input part, of the state part
    const std::int32_t* offsets;  ///< int8, with unsigned_inputs: as the scales, -128 times the sum of each row's codes
    const float* bias;            ///< [block][term][width]
    const void* x;                ///< `columns` values: floats, or int8 or int16 codes padded with zeros to 4
    std::uint32_t inputs;         ///< columns of the matrix's input part
    std::uint32_t first, columns; ///< the part of them to multiply by x: 0, inputs; or id, 1 for a one-hot input
    Row projected;                ///< instead of x, if not null
    bool apart;                   ///< integer formats: the two parts have different scales in every gate
    std::uint32_t units;
    const void* state;            ///< what the recurrent weights multiply: h, or its codes, padded as x
    const float* h;               ///< state before the step, padded to whole blocks
    float* h_next;                ///< state after it; integer formats may write to h itself
    float* c;                     ///< LSTM's cell state, updated in place; else null
    float* scratch;               ///< GRU with reset_after=False only: 3 * padded units
    void* state_next;             ///< integer formats: where the codes of h_next go, or null; not `state`
    float state_inverse;          ///< integer formats: 1 / the value of a state code
    Activation activation;
    Activation recurrent_activation;
    std::uint32_t begin;          ///< units before this one (a whole number of tiles) are left alone; else 0
};

/// Streams of a tile.
inline constexpr int tile_streams = 4;

/// y = W x + b, y padded to whole blocks.
struct DenseStep {
    const void* weights;
    const float* scales;          ///< integer formats: [block][width]
    const std::int32_t* offsets;  ///< as in CellStep
    const float* bias;
    const void* x;
    std::uint32_t inputs;
    std::uint32_t first, columns; ///< as in CellStep
    float x_factor;
    std::uint32_t units;
    float* y;
};

/// The recurrent cells of one number format, in the order of `Cell` in schemas/model.fbs: SimpleRNN,
/// GRU(reset_after=True), GRU(reset_after=False), LSTM. Null where this build leaves them out (built.hpp).
struct CellKernels {
    void (*step[4])(const CellStep&);
    /// tile_streams steps over the same weights, alike but for what is read and written: the same numbers as of single
    /// steps, but each weight is loaded once.
    void (*tile[4])(const CellStep*);
};

struct Kernels {
    const char* name;
    bool unsigned_inputs;  ///< int8: the CPU multiplies input + 128, so that steps need their offsets

    CellKernels cells[matrix_formats];
    void (*dense[matrix_formats])(const DenseStep&);  ///< null likewise

    /// x[i] = f(x[i]) in place, for n values. The room of x is a multiple of 16; what lies there behind the n values
    /// is overwritten. NaN gives NaN; infinities give the function's limits. sigmoid, softmax, log_softmax, softplus
    /// and exponential are exact to 4 units in the last place (exponential.hpp).
    void (*activate)(Activation f, float* x, std::uint32_t n);
    /// As activate, but with tanh, too, to the same bits on every CPU.
    void (*activate_reproducibly)(Activation f, float* x, std::uint32_t n);

    /// codes[i] = x[i] * inverse, rounded to nearest even and saturated to +-127 or +-32767; returns how many were.
    std::uint32_t (*quantize_int8)(const float* x, std::size_t n, float inverse, std::int8_t* codes);
    std::uint32_t (*quantize_int16)(const float* x, std::size_t n, float inverse, std::int16_t* codes);
    float (*largest_magnitude)(const float* x, std::size_t n);

    /// One row of an embedding as n floats. `scales`: int8 one; int4 one for each 32 values.
    void (*expand)(Format format, const void* row, const float* scales, std::size_t n, float* out);

    /// Whether all n values are neither NaN nor infinite.
    bool (*all_finite)(const float* x, std::size_t n);
    /// Whether some of n values are tiny and not 0.
    bool (*has_tiny)(const float* x, std::size_t n);
    /// to[i] = x[i], or 0 where x[i] is tiny. `to` may be x.
    void (*drop_tiny)(const float* x, std::size_t n, float* to);
};

/// The sets of this build that this CPU can run, best first; scalar is the last, but for native builds. Ended by null.
const Kernels* const* available_kernels() noexcept;
/// Their names, likewise.
const char* const* available_names() noexcept;

/// The set of that name (null: the best). Returns null if the build has none or the CPU lacks it, and says which
/// in `known`.
const Kernels* find_kernels(const char* name, bool& known) noexcept;

}  // namespace runnel
