/// Dense layers fitted to what really reaches them.
#pragma once
#include "common/npy.hpp"
#include "graph/stored.hpp"

namespace runnel::converter {

/// Gives each row of each integer Dense layer behind the last recurrent one the scale and the bias that bring its
/// product with the quantized layers' output closest, by least squares, to the original's product, over the answers to
/// the input (the last step of each sequence, or all where the model returns sequences). `input`: as for `calibrate`.
void fit_heads(const Graph& original, StoredGraph& stored, const npy::File& input);

}  // namespace runnel::converter
