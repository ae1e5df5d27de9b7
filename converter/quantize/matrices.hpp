/// The weight matrices of a layer as integer codes.
#pragma once
#include "graph/graph.hpp"
#include "graph/numbers.hpp"

namespace runnel::converter {

/// The largest input code of an integer format.
constexpr int largest_code(schema::Format format) { return format == schema::Format::int8 ? 127 : 32767; }

/// Both expect `numbers.format` to be int8 or int8x16 and input_scale and state_scale to be set, and fill in the rest.
/// Throw std::runtime_error if a scale would leave the range that the runtime takes.
void code_matrices(const Recurrent& recurrent, Numbers& numbers);
void code_matrix(const Dense& dense, Numbers& numbers);

}  // namespace runnel::converter
