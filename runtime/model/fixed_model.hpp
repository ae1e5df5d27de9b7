/// Fixed models by their schema: as networks that run.
#pragma once
#include "fixed/description.hpp"
#include "model_generated.h"

namespace runnel {

/// The network of a file that has been verified; its numbers are the file's.
fixed::Description describe(const schema::Model& file) noexcept;

}  // namespace runnel
