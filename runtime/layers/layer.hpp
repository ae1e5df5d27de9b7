/// One layer of a loaded model: where its weights are and where its numbers go. All pointers lead into the
/// model file; all offsets count floats from the start of a session's numbers.
#pragma once
#include "base/packing.hpp"
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

struct Layer {
    enum class Kind : std::uint8_t { embedding, recurrent, dense, activate };
    Kind kind = Kind::embedding;
    Cell cell = Cell::simple_rnn;
    Format format = Format::f32;
    bool projected = false;     ///< embedding: its rows are the next layer's products
    bool apart = false;
    std::uint32_t inputs = 0;   ///< embedding: number of tokens
    std::uint32_t outputs = 0;  ///< recurrent, dense: units
    const void* weights = nullptr;
    const float* scales = nullptr;
    const float* bias = nullptr;
    float input_scale = 0, state_scale = 0;  ///< value of one code; 0: dynamic
    Activation activation{}, recurrent_activation{};
    std::uint32_t state = 0;    ///< recurrent: where its state begins (recurrent.hpp)
    bool has_offsets = false;   ///< offsets.hpp
    std::uint32_t offsets = 0;  ///< where they begin
};

/// A layer's offsets among a session's numbers, or null.
inline std::int32_t* offsets_in(const Layer& layer, float* numbers) {
    return layer.has_offsets ? reinterpret_cast<std::int32_t*>(numbers + layer.offsets) : nullptr;
}

/// What a layer reads, and then what it leaves to the next one: `columns` values that meet the columns `first`, ... of
/// its matrix. A one-hot input is the single value 1 for column `first`. `codes`: the same values as codes of `scale`
/// each, or null. Or, in place of all that, a row of a projected embedding.
struct Input {
    const float* x;
    std::uint32_t first, columns;
    Row projected = {};
    const void* codes = nullptr;
    Format format = Format::f32;
    float scale = 0;

    /// Becomes n plain values. (Field by field: whole structures are copied in wider pieces than they were written,
    /// for which a CPU waits.)
    void set(const float* values, std::uint32_t n) {
        x = values, first = 0, columns = n, projected.values = nullptr, codes = nullptr;
    }
};

/// Values as the integer formats multiply them.
struct Codes {
    const void* values;
    std::uint32_t first, columns;
    float factor;  ///< value of one code where that changes from step to step, else 1
};

/// Bytes of room that `as_codes` needs for n values.
constexpr std::size_t codes_size(Format format, std::size_t n) { return padded_to(n, 16) * code_size(format); }

/// n values as codes of `scale`, or, if that is 0, of the least scale that holds them all, which becomes the factor.
inline Codes quantized(const Kernels& kernels, Format format, const float* x, std::uint32_t n, float scale, void* codes,
                       std::uint64_t& saturated) {
    float factor = 1;
    if (scale == 0) {
        const float top = kernels.largest_magnitude(x, n);
        factor = scale = top > 1e-30f ? top / code_limit(format) : 1.0f;
    }
    const float inverse = 1 / scale;
    saturated += format == Format::int8 ? kernels.quantize_int8(x, n, inverse, static_cast<std::int8_t*>(codes))
                                        : kernels.quantize_int16(x, n, inverse, static_cast<std::int16_t*>(codes));
    return {codes, 0, n, factor};
}

/// A layer's input as codes: those of the layer below where they fit, else made in `room`.
inline Codes as_codes(const Kernels& kernels, const Layer& layer, const Input& in, void* room,
                      std::uint64_t& saturated) {
    if (in.codes && in.format == layer.format && in.scale == layer.input_scale && in.scale != 0)
        return {in.codes, in.first, in.columns, 1};
    if (in.columns == layer.inputs)
        return quantized(kernels, layer.format, in.x, in.columns, layer.input_scale, room, saturated);
    float group[4] = {};  // one-hot
    group[in.first % 4] = *in.x;
    Codes codes = quantized(kernels, layer.format, group, 4, layer.input_scale, room, saturated);
    codes.first = in.first - in.first % 4;
    return codes;
}

}  // namespace runnel
