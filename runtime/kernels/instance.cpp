// Compiled once per instruction set, with that set's flags, -DRUNNEL_KERNELS=<name> and -Dxsimd=xsimd_<name>. The
// table is the object's one symbol: everything else has internal linkage or XSIMD's renamed namespace, so that
// no other object can be given code of this instruction set.
#include "cells.hpp"
#include "dense.hpp"
#include "vectors.hpp"

#define RUNNEL_TEXT(x) #x
#define RUNNEL_NAME(x) RUNNEL_TEXT(x)
#define RUNNEL_JOIN(a, b) a##b
#define RUNNEL_TABLE(x) RUNNEL_JOIN(kernels_, x)

namespace runnel {

using Isa = isa::RUNNEL_KERNELS;

extern const Kernels RUNNEL_TABLE(RUNNEL_KERNELS);
const Kernels RUNNEL_TABLE(RUNNEL_KERNELS) = {
    .name = RUNNEL_NAME(RUNNEL_KERNELS),
    .unsigned_inputs = Int8<Isa, 16>::unsigned_inputs,
    .cells = {cell_kernels<Isa, F32, Format::f32>(), cell_kernels<Isa, F16, Format::f16>(),
              cell_kernels<Isa, Int8, Format::int8>(), cell_kernels<Isa, Int8x16, Format::int8x16>()},
    .dense = {dense_kernel<Isa, F32, Format::f32>(), dense_kernel<Isa, F16, Format::f16>(),
              dense_kernel<Isa, Int8, Format::int8>(), dense_kernel<Isa, Int8x16, Format::int8x16>()},
    .activate = activate<Isa>,
    .activate_reproducibly = activate_reproducibly<Isa>,
    .quantize_int8 = quantize<std::int8_t>,
    .quantize_int16 = quantize<std::int16_t>,
    .largest_magnitude = largest_magnitude,
    .expand = expand,
    .all_finite = all_finite,
    .has_tiny = has_tiny,
    .drop_tiny = drop_tiny,
};

}  // namespace runnel
