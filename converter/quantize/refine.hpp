/// Rounding for the data that a layer really sees: the codes of a row are moved up and down by one, as long as that
/// lowers the expected squared error of the row's product with input and state; what the error adds to the product on
/// average is taken out of the bias. The scales stay.
#pragma once
#include "graph/graph.hpp"
#include "graph/numbers.hpp"
#include "quantize/moments.hpp"

namespace runnel::converter {

/// `moments`: of the layer's input, then its state before the step; those of the input are not used where it has no
/// columns of its own. The candidate of gru_reset_before multiplies other numbers than these and stays as it is.
void refine(Recurrent& recurrent, Numbers& numbers, const Moments& moments);

/// `moments`: of the layer's input.
void refine(Dense& dense, Numbers& numbers, const Moments& moments);

}  // namespace runnel::converter
