/// Dense layers corrected for what quantized layers before them really put out.
#pragma once
#include "common/npy.hpp"
#include "graph/stored.hpp"

namespace runnel::converter {

/// Gives each row of each integer Dense layer after the last recurrent one the scale and the bias that bring its
/// product with the quantized layers' output closest, by least squares, to the original's product, over the outputs for
/// the input (the last step of each sequence, or all where the model returns sequences). Both models run over the input
/// once for each of these layers. `input`: as for `calibrate`.
void correct_heads(const Graph& original, StoredGraph& stored, const npy::File& input);

}  // namespace runnel::converter
