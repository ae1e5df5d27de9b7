/// Dense: y = activation(W x + b).
#pragma once
#include "offsets.hpp"
#include "reader.hpp"

namespace runnel {

struct DenseLayer : StatelessLayer {
    using Table = schema::Dense;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.format = Format(table.format()), layer.inputs = table.inputs(), layer.outputs = table.units();
        if (!reader.enter(table.inputs()) || !Reader::valid_width(table.units()) ||
            !Reader::is_matrix_format(layer.format) || !Reader::activation(*table.activation(), layer.activation) ||
            layer.activation.function == Function::glu)
            return false;
        const std::size_t rows = padded_units(table.units());
        const Packing packing{1, table.units(), table.inputs(), 0, group_of(layer.format)};
        if (!reader.holds(*table.packed(), layer.format, packing.size()) || !reader.is_bias(*table.bias(), rows))
            return false;
        if (is_integer(layer.format)) {
            if (!Reader::are_scales(table.scales(), rows, 64) || !Reader::is_scale(table.input_scale())) return false;
            layer.scales = table.scales()->data(), layer.input_scale = table.input_scale();
        }
        layer.weights = table.packed()->data(), layer.bias = table.bias()->data();
        layer.has_offsets = reader.needs_offsets(layer.format);
        reader.enter_matrix();
        return true;
    }

    static Needs needs(const Layer& layer) {
        return {.constants = layer.has_offsets ? offsets_size(layer) : 0,
                .output = padded_to(layer.outputs, block_units),
                .scratch = is_integer(layer.format) ? codes_size(layer.format, layer.inputs) / sizeof(float) + 4 : 0};
    }

    static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        const Kernels& kernels = context.kernels;
        float* y = context.numbers + layer.output;
        DenseStep s{.weights = layer.weights,
                    .scales = layer.scales,
                    .offsets = offsets_in(layer, context.numbers),
                    .bias = layer.bias,
                    .x = in.x,
                    .inputs = layer.inputs,
                    .first = in.first,
                    .columns = in.columns,
                    .x_factor = 1,
                    .units = layer.outputs,
                    .y = y};
        if (is_integer(layer.format)) {
            const Codes x = as_codes(context, layer, in, context.numbers + layer.scratch);
            s.x = x.values, s.first = x.first, s.columns = x.columns, s.x_factor = x.factor;
        }
        kernels.dense[int(layer.format)](s);
        // Roundings that differ would become codes that differ, where another layer follows.
        (is_integer(layer.format) ? kernels.activate_reproducibly : kernels.activate)(layer.activation, y,
                                                                                      layer.outputs);
        out.set(y, layer.outputs);
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Dense", info.format = EnumNameFormat(table.format());
        info.inputs = table.inputs(), info.outputs = table.units();
        info.weight_bytes =
            table.packed()->size() + bytes_of(table.bias()) + bytes_of(table.scales()) + bytes_of(table.biases());
        info.dynamic = table.scales() && table.input_scale() == 0;
        if (table.scales()) info.input_range = table.input_scale() * code_limit(Format(table.format()));
        info.activation = EnumNameFunction(table.activation()->function());
    }
};

}  // namespace runnel
