/// Masking: a step whose features all equal a value changes nothing. The session asks before it steps; no layer is left
/// to run.
#pragma once
#include "reader.hpp"

namespace runnel {

struct MaskingLayer : StatelessLayer {
    using Table = schema::Masking;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        if (layer.source != 0 || !reader.enter(table.width()) || !Reader::is_finite(table.value())) return false;
        reader.input.has_mask_value = true;
        reader.input.mask_value = table.value();
        layer.inputs = layer.outputs = table.width();
        return true;
    }

    static Needs needs(const Layer&) { return {}; }
    static void step(const Layer&, const StepContext&, const Value& in, Value& out) { out = in; }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Masking", info.inputs = info.outputs = table.width();
    }
};

}  // namespace runnel
