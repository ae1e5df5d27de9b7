/// Window: the last frames of a stream, one behind the other in memory. Each is written twice, `frames` apart in a ring
/// of twice as many, so that the last ones are always in a row and none is ever moved. With a dilation, there is such a
/// ring for each remainder of the step's number.
#pragma once
#include <cstring>

#include "reader.hpp"

namespace runnel {

struct WindowLayer {
    using Table = schema::Window;

    static bool read(const Table& table, Reader& reader, Layer& layer) {
        constexpr std::uint64_t most_numbers = 1u << 24;
        layer.inputs = table.width(), layer.frames = table.frames(), layer.dilation = table.dilation();
        if (!reader.enter(table.width()) || !Reader::valid_width(table.frames()) ||
            !Reader::valid_width(table.dilation()))
            return false;
        const std::uint64_t outputs = std::uint64_t(table.width()) * table.frames();
        if (outputs > max_width || outputs * table.dilation() > most_numbers) return false;
        layer.outputs = std::uint32_t(outputs);
        if (table.whole()) layer.wait_behind = (table.frames() - 1) * table.dilation();
        reader.enter_whole();
        return true;
    }

    static Needs needs(const Layer& layer) {
        return {.state = place_size + std::size_t(layer.dilation) * 2 * layer.outputs,
                .saved = layer.dilation * layer.outputs};
    }
    static void place(Layer&) {}

    [[gnu::noinline]] static void step(const Layer& layer, const StepContext& context, const Value& in, Value& out) {
        Place& next = place_in(layer, context.numbers);
        float* const frame = ring(layer, context.numbers, next.ring) + next.slot * layer.inputs;
        std::memcpy(frame, in.x, layer.inputs * sizeof(float));
        std::memcpy(frame + layer.outputs, in.x, layer.inputs * sizeof(float));
        out.set(frame + layer.inputs, layer.outputs);
        if (++next.ring < layer.dilation) return;
        next.ring = 0;
        if (++next.slot == layer.frames) next.slot = 0;
    }

    /// The rings in the order in which they will be written, each from its oldest frame on.
    template <class F> static void for_each_state(const Layer& layer, float* numbers, unsigned, F f) {
        const Place next = place_in(layer, numbers);
        for (std::uint32_t i = 0; i < layer.dilation; ++i) {
            const std::uint32_t at = (next.ring + i) % layer.dilation;
            const std::uint32_t slot = at < next.ring ? (next.slot + 1) % layer.frames : next.slot;
            f(ring(layer, numbers, at) + slot * layer.inputs, layer.outputs);
        }
    }
    static void restored(const Layer& layer, const StepContext& context) {
        for (std::uint32_t i = 0; i < layer.dilation; ++i) {
            float* const frames = ring(layer, context.numbers, i);
            std::memcpy(frames + layer.outputs, frames, layer.outputs * sizeof(float));
        }
    }

    static void describe(const Table& table, LayerInfo& info) {
        info.kind = "Window", info.inputs = table.width(), info.outputs = table.width() * table.frames();
    }

private:
    /// Where the next frame goes.
    struct Place {
        std::uint32_t ring, slot;
    };
    static constexpr std::size_t place_size = 16;  ///< numbers, so that the rings begin where a line of memory does

    static Place& place_in(const Layer& layer, float* numbers) {
        return *reinterpret_cast<Place*>(numbers + layer.state);
    }
    static float* ring(const Layer& layer, float* numbers, std::uint32_t index) {
        return numbers + layer.state + place_size + std::size_t(index) * 2 * layer.outputs;
    }
};

}  // namespace runnel
