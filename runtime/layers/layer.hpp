/// One layer of a loaded model: where its weights are and where its numbers go; and the values that pass from layer to
/// layer.
///
/// Each kind of layer is a struct in a file of its own, which says all that is known of it:
///     Table                      its table in schemas/model.fbs
///     read(table, reader, layer) verifies the table and fills the layer; false: it contradicts itself or what it reads
///     needs(layer)               the numbers of memory that a session must have for it
///     place(layer)               derives what follows from where these lie
///     step(layer, context, in, out)   makes `out`, its output, of `in`, the (first) value that it reads
///     for_each_state(layer, numbers, parity, f)   f(floats, count) for each vector of its saved state
///     restored(layer, context)   completes a state whose saved vectors have been set
///     describe(table, info)      the public description
/// layers/list.hpp lists them.
#pragma once
#include "base/packing.hpp"
#include "format.hpp"
#include "model_generated.h"
#include "runnel/runnel.hpp"

namespace runnel {

using Operation = schema::Operation;

/// Pointers lead into the model file; offsets count floats from the start of a session's numbers.
struct Layer {
    schema::Kind kind = schema::Kind::NONE;
    Cell cell = Cell::simple_rnn;
    Format format = Format::f32;
    bool projected = false;     ///< embedding: its rows are the next layer's products
    bool apart = false;         ///< as in CellStep
    std::uint32_t inputs = 0;   ///< embedding: number of tokens
    std::uint32_t outputs = 0;  ///< recurrent, dense: units
    const void* weights = nullptr;
    const float* scales = nullptr;
    const float* bias = nullptr;
    float input_scale = 0, state_scale = 0;  ///< value of one code; 0: dynamic
    Activation activation{}, recurrent_activation{};

    /// The values that it reads: `source_count` numbers of values, of which the first is `source` too.
    const std::uint16_t* sources = nullptr;
    std::uint16_t source = 0, source_count = 1;
    std::uint32_t first = 0;                 ///< slice: its place in what it reads
    std::uint32_t frames = 0, dilation = 0;  ///< window
    std::uint32_t wait = 0;                  ///< it does not run in so many steps after the start
    std::uint32_t wait_behind = 0;           ///< window: nor do those that read it in so many more
    Operation operation = Operation::add;
    bool is_late = false;  ///< its output is read when the step is over

    bool has_offsets = false;     ///< offsets.hpp
    std::uint32_t constants = 0;  ///< where its constants begin
    std::uint32_t state = 0;      ///< where its state begins
    std::uint32_t output = 0;     ///< the room of its output
    std::uint32_t scratch = 0;    ///< what all layers share, while each steps
    /// Recurrent: its two h, written in turn (integer formats: one), the two codes of h, and LSTM's c; the room of the
    /// input's codes, and of the scales times this step's factors.
    std::uint32_t h[2] = {}, codes[2] = {}, c = 0, input_codes = 0, step_scales = 0;
};

/// Numbers of memory for one layer of a session.
struct Needs {
    std::size_t constants = 0;  ///< made once
    std::size_t state = 0;      ///< zero at first and after a reset
    std::size_t output = 0;     ///< until the next layer has read it
    std::size_t scratch = 0;    ///< during its step
    std::uint32_t saved = 0;    ///< of its saved state
};

struct Value;

/// A session as its layers see it during a step.
struct StepContext {
    const Kernels& kernels;
    float* numbers;
    unsigned parity;           ///< 0 or 1: which h is the one before the step
    std::uint64_t& saturated;  ///< values of this layer outside their range so far
    const Value* values;       ///< of this step: the model's input, then the outputs of the layers before this one
};

/// A layer's offsets (offsets.hpp), or null.
inline std::int32_t* offsets_in(const Layer& layer, float* numbers) {
    return layer.has_offsets ? reinterpret_cast<std::int32_t*>(numbers + layer.constants) : nullptr;
}

/// What a layer puts out, or the model's input: `columns` values that meet the columns `first`, ... of
/// its matrix. A one-hot input is the single value 1 for column `first`. `codes`: the same values as codes of `scale`
/// each, or null. Or, in place of all that, a row of a projected embedding.
struct Value {
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

/// What a layer without state has of the functions above.
struct StatelessLayer {
    static void place(Layer&) {}
    template <class F> static void for_each_state(const Layer&, float*, unsigned, F) {}
    static void restored(const Layer&, const StepContext&) {}
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
inline Codes quantized(const StepContext& context, Format format, const float* x, std::uint32_t n, float scale,
                       void* codes) {
    const Kernels& kernels = context.kernels;
    float factor = 1;
    if (scale == 0) {
        const float top = kernels.largest_magnitude(x, n);
        factor = scale = top > 1e-30f ? top / code_limit(format) : 1.0f;
    }
    const float inverse = 1 / scale;
    context.saturated += format == Format::int8
                             ? kernels.quantize_int8(x, n, inverse, static_cast<std::int8_t*>(codes))
                             : kernels.quantize_int16(x, n, inverse, static_cast<std::int16_t*>(codes));
    return {codes, 0, n, factor};
}

/// A layer's input as codes: those of the layer below where they fit, else made in `room`.
inline Codes as_codes(const StepContext& context, const Layer& layer, const Value& in, void* room) {
    if (in.codes && in.format == layer.format && in.scale == layer.input_scale && in.scale != 0)
        return {in.codes, in.first, in.columns, 1};
    if (in.columns == layer.inputs) return quantized(context, layer.format, in.x, in.columns, layer.input_scale, room);
    float group[4] = {};  // one-hot
    group[in.first % 4] = *in.x;
    Codes codes = quantized(context, layer.format, group, 4, layer.input_scale, room);
    codes.first = in.first - in.first % 4;
    return codes;
}

}  // namespace runnel
