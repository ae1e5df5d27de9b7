/// SimpleRNN, GRU and LSTM. The state of the float formats is twice h, written in turn; of the integer formats h
/// and twice its codes; then LSTM's c.
#pragma once
#include <initializer_list>

#include "offsets.hpp"
#include "reader.hpp"

namespace runnel {

struct RecurrentLayer {
    using Table = schema::Recurrent;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.format = Format(table.format()), layer.apart = table.apart();
        layer.inputs = table.inputs(), layer.outputs = table.units();
        if (std::size_t(table.cell()) > std::size_t(Cell::lstm) || !Reader::valid_width(table.units()) ||
            !Reader::is_matrix_format(layer.format) || !read_activations(table, layer))
            return false;
        layer.cell = Cell(table.cell());
        const std::uint64_t gates = gates_of(layer.cell), rows = padded_units(table.units());
        if (reader.projected ? table.inputs() != 0 || reader.width != gates * rows : !reader.enter(table.inputs()))
            return false;
        const Packing one_gate{1, table.units(), table.inputs(), table.units(), group_of(layer.format)};
        if (!reader.holds(*table.packed(), layer.format, one_gate.size() * gates) ||
            !reader.is_bias(*table.bias(), rows * bias_terms_of(layer.cell)))
            return false;
        if (is_integer(layer.format) && !read_scales(table, layer, rows * 2 * gates)) return false;
        layer.weights = table.packed()->data(), layer.bias = table.bias()->data();
        layer.has_offsets = reader.needs_offsets(layer.format);
        reader.enter_matrix();
        return true;
    }

    static Needs needs(const Layer& layer) {
        return {.constants = layer.has_offsets ? offsets_size(layer) : 0,
                .state = state_size(layer.cell, layer.format, layer.outputs),
                .scratch = scales_place(layer) +
                           (is_dynamic(layer) ? 2 * gates_of(layer.cell) * padded_units(layer.outputs) : 0),
                .saved = layer.outputs * (layer.cell == Cell::lstm ? 2 : 1)};
    }

    static void place(Layer& layer) {
        const auto padded = std::uint32_t(padded_units(layer.outputs));
        const auto codes = std::uint32_t(codes_size(layer.format, padded) / sizeof(float));
        for (std::uint32_t i = 0; i < 2; ++i) {
            layer.h[i] = layer.state + (is_integer(layer.format) ? 0 : i * padded);
            layer.codes[i] = layer.state + padded + i * codes;
        }
        layer.c = layer.state + std::uint32_t(state_size(Cell::gru, layer.format, layer.outputs));
        layer.input_codes = layer.scratch + std::uint32_t(kernel_scratch(layer));
        layer.step_scales = layer.scratch + std::uint32_t(scales_place(layer));
    }

    /// One step from h(parity) to h(1 - parity), which is the output.
    static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        CellStep s;
        prepare(s, layer, context, in);
        context.kernels.cells[int(layer.format)].step[int(layer.cell)](s);
        finish(s, layer, context, out);
    }

    /// Describes the step from h(parity) to h(1 - parity) to the kernels.
    static void prepare(CellStep& s, const Layer& layer, const StepContext& context, const Value& in) {
        float* const numbers = context.numbers;
        const unsigned parity = context.parity;
        // Assigned field by field: to initialize the whole, compilers clear it first.
        s.weights = layer.weights, s.scales = layer.scales, s.offsets = offsets_in(layer, numbers), s.bias = layer.bias;
        s.x = in.x, s.inputs = layer.inputs, s.first = in.first, s.columns = in.columns;
        s.projected.values = in.projected.values;
        if (in.projected.values) s.projected.format = in.projected.format, s.projected.scale = in.projected.scale;
        s.state_inverse = 1;
        s.apart = layer.apart;
        s.units = layer.outputs;
        s.h = numbers + layer.h[parity], s.state = s.h, s.state_next = nullptr;
        s.h_next = numbers + layer.h[1 - parity];
        s.c = layer.cell == Cell::lstm ? numbers + layer.c : nullptr, s.scratch = numbers + layer.scratch;
        s.activation = layer.activation, s.recurrent_activation = layer.recurrent_activation;
        s.begin = 0;
        if (is_integer(layer.format)) add_codes(s, layer, context, in);
    }

    /// What the kernels' step leaves to do: h(1 - parity) is the output.
    static void finish(const CellStep& s, const Layer& layer, const StepContext& context, Value& out) {
        out.set(s.h_next, layer.outputs);
        if (is_integer(layer.format) && layer.state_scale != 0) {
            if (!s.state_next) encode_state(layer, context, 1 - context.parity);
            out.codes = context.numbers + layer.codes[1 - context.parity];
            out.format = layer.format, out.scale = layer.state_scale;
        }
    }

    template <class F> static void for_each_state(const Layer& layer, float* numbers, unsigned parity, F f) {
        f(numbers + layer.h[parity], layer.outputs);
        if (layer.cell == Cell::lstm) f(numbers + layer.c, layer.outputs);
    }
    static void restored(const Layer& layer, const StepContext& context) {
        if (is_integer(layer.format)) encode_state(layer, context, context.parity);
    }

    static void describe(const Table& table, LayerInfo& info) {
        constexpr const char* cell_names[] = {"SimpleRNN", "GRU", "GRU", "LSTM"};
        info.kind = cell_names[int(table.cell())], info.format = EnumNameFormat(table.format()), info.recurrent = true;
        info.inputs = table.inputs(), info.outputs = table.units();
        info.weight_bytes =
            table.packed()->size() + bytes_of(table.bias()) + bytes_of(table.scales()) + bytes_of(table.biases());
        info.activation = EnumNameFunction(table.activation()->function());
        if (!table.scales()) return;
        info.dynamic = table.state_scale() == 0 || (table.inputs() && table.input_scale() == 0);
        info.input_range = table.input_scale() * code_limit(Format(table.format()));
        info.state_range = table.state_scale() * code_limit(Format(table.format()));
    }

private:
    static bool read_activations(const Table& table, Layer& layer) {
        return Reader::activation(*table.activation(), layer.activation) &&
               Reader::activation(*table.recurrent_activation(), layer.recurrent_activation) &&
               is_elementwise(layer.activation.function) && is_elementwise(layer.recurrent_activation.function);
    }

    static bool read_scales(const Table& table, Layer& layer, std::uint64_t count) {
        if (!Reader::are_scales(table.scales(), count, 64) || !Reader::is_scale(table.input_scale()) ||
            !Reader::is_scale(table.state_scale()))
            return false;
        // Parts with ranges of their own cannot share their sums.
        if (!table.apart() && (table.state_scale() == 0 || (table.inputs() && table.input_scale() == 0))) return false;
        layer.scales = table.scales()->data();
        layer.input_scale = table.input_scale(), layer.state_scale = table.state_scale();
        return true;
    }

    /// Numbers of state, padding included.
    static constexpr std::size_t state_size(Cell cell, Format format, std::uint32_t units) {
        const std::size_t padded = padded_units(units), codes = codes_size(format, padded) / sizeof(float);
        return padded + (is_integer(format) ? 2 * codes : padded) + (cell == Cell::lstm ? padded : 0);
    }

    static bool is_dynamic(const Layer& l) {
        return is_integer(l.format) && (l.input_scale == 0 || l.state_scale == 0);
    }

    // The scratch is that of the kernels, then the codes of x, then the scales of the rows times the factors of this
    // step, where these are dynamic.
    static std::size_t kernel_scratch(const Layer& l) {
        return l.cell == Cell::gru_reset_before ? 3 * padded_units(l.outputs) : 0;
    }
    static std::size_t scales_place(const Layer& l) {
        return kernel_scratch(l) + (is_integer(l.format) ? codes_size(l.format, l.inputs) / sizeof(float) + 4 : 0);
    }

    /// The scales of the input and the state part, each times its factor: `room`, which is filled, or the layer's own.
    static const float* scales_with(const Layer& layer, float x_factor, float state_factor, float* room) {
        if (x_factor == 1 && state_factor == 1) return layer.scales;
        const std::size_t gates = gates_of(layer.cell), padded = padded_units(layer.outputs);
        const float* from = layer.scales;
        float* to = room;
        for (std::size_t unit = 0; unit < padded; unit += block_width(padded, unit))
            for (const float factor : {x_factor, state_factor})
                for (std::size_t i = gates * block_width(padded, unit); i-- > 0;) *to++ = *from++ * factor;
        return room;
    }

    /// Makes the codes(parity) of h. Returns the value of a code where it is dynamic, else 1.
    static float encode_state(const Layer& layer, const StepContext& context, unsigned parity) {
        return quantized(context, layer.format, context.numbers + layer.h[parity], layer.outputs, layer.state_scale,
                         context.numbers + layer.codes[parity])
            .factor;
    }

    /// What a step of an integer format needs beyond that of a float one.
    static void add_codes(CellStep& s, const Layer& layer, const StepContext& context, const Value& in) {
        float* const numbers = context.numbers;
        float x_factor = 1, state_factor = 1;
        if (!in.projected.values) {
            const Codes x = as_codes(context, layer, in, numbers + layer.input_codes);
            s.x = x.values, s.first = x.first, s.columns = x.columns, x_factor = x.factor;
        }
        s.state = numbers + layer.codes[context.parity];
        if (layer.state_scale == 0) {  // the range follows from h itself, so that the state is h alone
            state_factor = encode_state(layer, context, context.parity);
            s.state_inverse = 1 / state_factor;
        } else {
            s.state_inverse = 1 / layer.state_scale;
            if (stays_within_one(layer.activation.function)) s.state_next = numbers + layer.codes[1 - context.parity];
        }
        s.scales = scales_with(layer, x_factor, state_factor, numbers + layer.step_scales);
    }
};

}  // namespace runnel
