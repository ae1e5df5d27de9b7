/// Activation as a layer of its own.
#pragma once
#include <cstring>

#include "reader.hpp"

namespace runnel {

struct ActivateLayer : StatelessLayer {
    using Table = schema::Activate;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.inputs = table.width();
        if (!reader.enter(table.width()) || !Reader::activation(*table.activation(), layer.activation) ||
            (layer.activation.function == Function::glu && table.width() % 2))
            return false;
        layer.outputs = activated_width(layer.activation.function, table.width());
        reader.enter_whole();
        return true;
    }

    static Needs needs(const Layer& layer) { return {.output = padded_to(layer.inputs, block_units)}; }

    /// y = f(x).
    static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        float* y = context.numbers + layer.output;
        std::memcpy(y, in.x, layer.inputs * sizeof(float));
        context.kernels.activate(layer.activation, y, layer.inputs);
        out.set(y, layer.outputs);
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Activation", info.inputs = table.width();
        info.outputs = activated_width(Function(table.activation()->function()), table.width());
        info.activation = EnumNameFunction(table.activation()->function());
    }
};

}  // namespace runnel
