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

constexpr bool is_integer(schema::Format f) { return f == schema::Format::int8 || f == schema::Format::int8x16; }

/// How int8 and int8x16 find the ranges that no bound tells, of the features and then of each layer's output: dynamic,
/// maximum, percentile or least_squares.
using RangeRules = std::vector<Origin>;

/// int8 weighs rounding against saturation; 16 bits have room to spare for what the data did not show.
constexpr Origin usual_rule(schema::Format f) {
    return f == schema::Format::int8 ? Origin::least_squares : Origin::maximum;
}

/// `calibration`: null without data; ranges that cannot be known without are then dynamic. `rules`: empty for the
/// usual ones. Throws Error, naming the layer, for what a layer cannot have.
StoredGraph quantize(const Graph& graph, const Formats& formats, const Calibration* calibration,
                     const RangeRules& rules = {});

/// "f32", "f16", "int8", "int8x16", "int4", "fixed", "fixed8".
const char* format_name(schema::Format format);

}  // namespace runnel::converter
