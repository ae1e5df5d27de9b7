/// Lays a trainer out in the caller's block.
#pragma once
#include "state.hpp"

namespace runnel::training {

/// Whether the specification describes a network that can be trained.
Status verify(const Specification& spec);

/// Places everything in `block`, or, where block is null, only adds up: returns the bytes used.
uint64_t lay_out(const Specification& spec, void* block);

}  // namespace runnel::training
