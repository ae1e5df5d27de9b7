/// What is known of a layer's output without running it.
#pragma once
#include <optional>

#include "graph/graph.hpp"

namespace runnel::converter {

/// The largest magnitude of a function's values; none: they have no bound.
std::optional<double> bound(Function function);

/// The same of a recurrent layer's state.
std::optional<double> bound(const Recurrent& recurrent);

}  // namespace runnel::converter
