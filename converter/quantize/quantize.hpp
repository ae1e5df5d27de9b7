/// From a float32 graph to the numbers that a file holds.
#pragma once
#include <optional>

#include "graph/stored.hpp"
#include "quantize/calibrate.hpp"

namespace runnel::converter {

/// The formats that a user asks for.
struct Formats {
    schema::Format matrices = schema::Format::f32;           ///< f32, f16, int8, int8x16, fixed, fixed8
    std::optional<schema::Format> embedding =
        std::nullopt;  ///< f32, f16, int8, int4; none: that of the matrices, or f16
    std::optional<bool> project = std::nullopt;              ///< none: where that costs little memory
    bool one_hot = false;                                    ///< fixed: the features are a token's one-hot
};

/// A projected embedding may make the file this much larger where nobody asked for it.
inline constexpr double projection_growth = 1.25;

constexpr bool is_fixed(schema::Format f) { return f == schema::Format::fixed || f == schema::Format::fixed8; }

/// `calibration`: null without data; ranges that cannot be known without are then dynamic. Throws Error, naming the
/// layer, for what a layer cannot have.
StoredGraph quantize(const Graph& graph, const Formats& formats, const Calibration* calibration);

/// "f32", "f16", "int8", "int8x16", "int4", "fixed", "fixed8".
const char* format_name(schema::Format format);

}  // namespace runnel::converter
