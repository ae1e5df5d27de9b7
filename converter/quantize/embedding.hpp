/// The rows of an embedding in fewer bits.
#pragma once
#include "graph/graph.hpp"
#include "graph/numbers.hpp"

namespace runnel::converter {

/// Requires numbers.format to be set: f32, f16, int8 or int4, which needs a width that is a multiple of 32; fills in
/// codes and scales of the integer formats.
void code_table(const Embedding& embedding, Numbers& numbers);

/// The largest magnitude in the table as it will be read back.
double largest_value(const Embedding& embedding, const Numbers& numbers);

}  // namespace runnel::converter
