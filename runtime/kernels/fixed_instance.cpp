// Compiled once per instruction set, with that set's flags and -DRUNNEL_KERNELS=<name>, like instance.cpp: the table is
// the object's one symbol.
#include "fixed_activate.hpp"
#include "fixed_gru.hpp"
#include "fixed_lstm.hpp"
#include "fixed_product.hpp"
#include "fixed_table.hpp"

namespace runnel::fixed {
namespace {

template <int N> constexpr auto narrow_product() {
    void (*product)(const NarrowProduct&, uint32_t&) = nullptr;
    if constexpr (N == 1) product = SingleProducts<1, int8_t>::product;
    return product;
}

}  // namespace

extern const Kernels RUNNEL_TABLE(kernels);
const Kernels RUNNEL_TABLE(kernels) = {
    .name = RUNNEL_NAME,
    .product = SingleProducts<lanes>::product,
    .narrow_product = narrow_product<lanes>(),
    .gru_forward = gru_forward<lanes>,
    .lstm_forward = lstm_forward<lanes>,
    .activate = activate_fixed<lanes>,
};

}  // namespace runnel::fixed
