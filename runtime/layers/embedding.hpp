/// Embedding: the row of a token.
#pragma once
#include "reader.hpp"

namespace runnel {

struct EmbeddingLayer : StatelessLayer {
    using Table = schema::Embedding;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        layer.format = Format(table.format()), layer.projected = table.projected();
        layer.inputs = table.tokens(), layer.outputs = table.width();
        if (!reader.enter_tokens(table.tokens()) || !Reader::valid_width(table.width())) return false;
        if (!holds_rows(table, reader, layer.format)) return false;
        reader.input.mask_zero = table.mask_zero();
        layer.weights = table.packed()->data();
        layer.scales = table.scales() ? table.scales()->data() : nullptr;
        return true;
    }

    static Needs needs(const Layer& layer) { return {.output = is_read_in_place(layer) ? 0 : layer.outputs}; }

    /// From the token in.first < inputs to its row: `outputs` values, in place where possible.
    static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        const std::size_t bits = layer.format == Format::int4 ? 4 : 8 * weight_size(layer.format);
        const std::size_t first = std::size_t(in.first) * layer.outputs;
        const auto* row = static_cast<const unsigned char*>(layer.weights) + first * bits / 8;
        const std::size_t group = layer.format == Format::int8 ? in.first : first / 32;
        const float* scales = layer.scales ? layer.scales + group : nullptr;
        if (is_read_in_place(layer)) {
            out.set(reinterpret_cast<const float*>(row), layer.outputs);
            if (layer.projected) out.projected = {row, layer.format, scales ? *scales : 1};
        } else {
            float* room = context.numbers + layer.output;
            context.kernels.expand(layer.format, row, scales, layer.outputs, room);
            out.set(room, layer.outputs);
            if (layer.projected) out.projected = {room, Format::f32, 1};
        }
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Embedding", info.format = EnumNameFormat(table.format());
        info.inputs = table.tokens(), info.outputs = table.width(), info.projected = table.projected();
        info.weight_bytes = table.packed()->size() + bytes_of(table.scales());
    }

private:
    static bool holds_rows(const Table& table, const Reader& reader, Format format) {
        const std::uint64_t count = std::uint64_t(table.tokens()) * table.width();
        switch (format) {
        case Format::f32:
        case Format::f16:
            return reader.holds(*table.packed(), format, count);
        case Format::int8:
            return reader.holds(*table.packed(), format, count) &&
                   Reader::are_scales(table.scales(), table.tokens(), 4);
        case Format::int4:
            return table.width() % 32 == 0 && Reader::holds_bytes(*table.packed(), count / 2) &&
                   Reader::are_scales(table.scales(), count / 32, 4);
        default:
            return false;
        }
    }

    /// Whether the next layer reads the rows as they are. (Groups of int4 need not begin where a block does.)
    static bool is_read_in_place(const Layer& l) {
        return l.format == Format::f32 || (l.projected && l.format != Format::int4);
    }
};

}  // namespace runnel
