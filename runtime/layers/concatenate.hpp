/// Concatenate: the values that it reads, one behind the other.
#pragma once
#include <cstring>

#include "reader.hpp"

namespace runnel {

struct ConcatenateLayer : StatelessLayer {
    using Table = schema::Concatenate;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.inputs = layer.outputs = table.width();
        return Reader::valid_width(table.width()) && layer.sources && reader.enter_all(layer) == table.width();
    }

    static Needs needs(const Layer& layer) { return {.output = layer.outputs}; }

    [[gnu::noinline]] static void step(const Layer& layer, const StepContext& context, const Value&, Value& out) {
        float* y = context.numbers + layer.output;
        out.set(y, layer.outputs);
        for (std::uint32_t i = 0; i < layer.source_count; ++i) {
            const Value& part = context.values[layer.sources[i]];
            std::memcpy(y, part.x, part.columns * sizeof(float));
            y += part.columns;
        }
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Concatenate", info.inputs = info.outputs = table.width();
    }
};

}  // namespace runnel
