/// Slice: some of the elements of what it reads, in place.
#pragma once
#include "reader.hpp"

namespace runnel {

struct SliceLayer : StatelessLayer {
    using Table = schema::Slice;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.inputs = table.inputs(), layer.first = table.first(), layer.outputs = table.width();
        reader.enter_whole();
        return Reader::valid_width(table.width()) && reader.enter(table.inputs()) && table.first() < table.inputs() &&
               table.width() <= table.inputs() - table.first();
    }

    static Needs needs(const Layer&) { return {}; }

    static void step(const Layer& layer, const StepContext&, const Value& in, Value& out) {
        out.set(in.x + layer.first, layer.outputs);
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Slice", info.inputs = table.inputs(), info.outputs = table.width();
    }
};

}  // namespace runnel
