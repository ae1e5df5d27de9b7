// Compiled once per instruction set, with that set's flags and -DRUNNEL_KERNELS=<name>, like instance.cpp: the table is
// the object's one symbol.
#include "fixed_activate.hpp"
#include "fixed_gru.hpp"
#include "fixed_lstm.hpp"
#include "fixed_product.hpp"
#include "fixed_table.hpp"

namespace runnel::fixed {

extern const Kernels RUNNEL_TABLE(kernels);
const Kernels RUNNEL_TABLE(kernels) = {
    .name = RUNNEL_NAME,
    .product = SingleProducts<lanes, int16_t>::product,
    .narrow_product = SingleProducts<lanes, int8_t>::product,
    .gru_forward = gru_forward<lanes>,
    .lstm_forward = lstm_forward<lanes>,
    .activate = activate_fixed<lanes>,
};

}  // namespace runnel::fixed
