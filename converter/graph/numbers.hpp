/// How the numbers of a layer are stored, beside its float32 graph.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "model_generated.h"

namespace runnel::converter {

/// Where the range of a layer's input or state comes from. All but the dynamic ones are static.
enum class Origin : std::uint8_t {
    none,           ///< floats
    dynamic,        ///< found in each step
    bounded,        ///< follows from the layer below, or from the activation
    assumed,        ///< a default, for lack of data
    maximum,        ///< of the calibration data; what follows is taken from it too
    percentile,     ///< of its magnitudes, the 99.9th
    least_squares,  ///< where rounding and saturation together have the least squared error
};

/// Numbers of the formats fixed and fixed8, in the order in which the file stores them (schemas/model.fbs).
struct FixedNumbers {
    std::vector<std::int16_t> kernel, recurrent;  ///< fixed8: codes of int8
    std::vector<std::int32_t> biases;
    /// fixed8: fraction bits that each row of the kernel, then of the recurrent kernel has more.
    std::vector<std::uint8_t> finer;
    int weight_bits = 0, recurrent_bits = 0;  ///< fraction bits
    int input_bits = 0, state_bits = 0, preactivation_bits = 20;
    bool one_hot = false;
};

/// What the layer's values become. The codes of a matrix have its shape and order (graph.hpp); f32 and f16 have none,
/// for they follow from the graph's floats.
struct Numbers {
    schema::Format format = schema::Format::f32;
    std::vector<std::int8_t> input;      ///< of Recurrent::input, Dense::weights or Embedding::table
    std::vector<std::int8_t> recurrent;  ///< of Recurrent::recurrent
    /// As the file stores them (schemas/model.fbs), but one per row of the matrix; Embedding: one per row, int4: one
    /// per 32 values.
    std::vector<float> input_scales, recurrent_scales;
    float input_scale = 0, state_scale = 0;  ///< value of one code; 0: dynamic
    bool apart = false;
    Origin input_origin = Origin::none, state_origin = Origin::none;
    std::optional<FixedNumbers> fixed;  ///< formats fixed and fixed8, which use of the above the format and the origins
};

}  // namespace runnel::converter
