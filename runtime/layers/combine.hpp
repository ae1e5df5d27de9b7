/// Add, Subtract, Multiply, Average, Maximum and Minimum of values of one width, element by element, with the formulas
/// of https://keras.io/api/layers/merging_layers.
#pragma once
#include <cstring>

#include "reader.hpp"

namespace runnel {

struct CombineLayer : StatelessLayer {
    using Table = schema::Combine;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.inputs = layer.outputs = table.width();
        layer.operation = table.operation();
        return Reader::valid_width(table.width()) && table.operation() <= Operation::MAX && layer.sources &&
               layer.source_count > 1 && (table.operation() != Operation::subtract || layer.source_count == 2) &&
               reader.enter_all(layer) != 0 && reader.all_have(layer, table.width());
    }

    static Needs needs(const Layer& layer) { return {.output = layer.outputs}; }

    [[gnu::noinline]] static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        float* y = context.numbers + layer.output;
        std::memcpy(y, in.x, layer.outputs * sizeof(float));
        for (std::uint32_t i = 1; i < layer.source_count; ++i)
            combine(layer.operation, context.values[layer.sources[i]].x, layer.outputs, y);
        if (layer.operation == Operation::average)
            for (std::uint32_t j = 0; j < layer.outputs; ++j) y[j] /= float(layer.source_count);
        out.set(y, layer.outputs);
    }

    static void describe(const Table& table, LayerInfo& info) {
        constexpr const char* names[] = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"};
        info.kind = names[int(table.operation())], info.inputs = info.outputs = table.width();
    }

private:
    /// y = y operation x.
    static void combine(Operation operation, const float* x, std::uint32_t n, float* y) {
        const auto each = [&](auto f) {
            for (std::uint32_t j = 0; j < n; ++j) y[j] = f(y[j], x[j]);
        };
        switch (operation) {
        case Operation::subtract:
            return each([](float a, float b) { return a - b; });
        case Operation::multiply:
            return each([](float a, float b) { return a * b; });
        case Operation::maximum:
            return each([](float a, float b) { return a > b ? a : b; });
        case Operation::minimum:
            return each([](float a, float b) { return a < b ? a : b; });
        default:
            return each([](float a, float b) { return a + b; });
        }
    }
};

}  // namespace runnel
