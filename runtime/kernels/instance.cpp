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
using CellsF32 = Cells<Isa, F32>;

extern const Kernels RUNNEL_TABLE(RUNNEL_KERNELS);
const Kernels RUNNEL_TABLE(RUNNEL_KERNELS) = {
    RUNNEL_NAME(RUNNEL_KERNELS),
    {{CellsF32::simple_rnn, CellsF32::gru, CellsF32::gru_reset_before, CellsF32::lstm}},
    {dense_step<Isa, F32>},
    activate<Isa::floats<16>>,
    all_finite,
};

}  // namespace runnel
