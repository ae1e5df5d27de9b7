// Compiled once per instruction set, with that set's flags and -DRUNNEL_KERNELS=<name>, like instance.cpp: the table is
// the object's one symbol.
#include "fixed_blocks.hpp"
#include "fixed_gru.hpp"
#include "fixed_lstm.hpp"
#include "fixed_product_single.hpp"
#include "fixed_tokens.hpp"
#include "fixed_update.hpp"

#define RUNNEL_TEXT(x) #x
#define RUNNEL_NAME(x) RUNNEL_TEXT(x)
#define RUNNEL_JOIN(a, b) a##b
#define RUNNEL_TABLE(x) RUNNEL_JOIN(kernels_, x)

namespace runnel {
namespace {

constexpr bool same(const char* a, const char* b) { return *a == *b && (!*a || same(a + 1, b + 1)); }
constexpr int lanes = same(RUNNEL_NAME(RUNNEL_KERNELS), "scalar") ? 1 : native_lanes;

}  // namespace

namespace fixed {

extern const Kernels RUNNEL_TABLE(RUNNEL_KERNELS);
const Kernels RUNNEL_TABLE(RUNNEL_KERNELS) = {
    RUNNEL_NAME(RUNNEL_KERNELS),
    {SingleProducts<lanes>::product, SingleProducts<lanes>::transposed_product, SingleProducts<lanes>::outer_sum},
    {WideProducts<lanes>::product, WideProducts<lanes>::transposed_product, WideProducts<lanes>::outer_sum},
    gather_rows<int32_t>,
    gather_rows<int16_t>,
    scatter_rows<lanes>,
    SingleProducts<lanes>::add_outer,
    gru_forward<lanes>,
    gru_backward<lanes>,
    lstm_forward<lanes>,
    lstm_cell_error<lanes>,
    lstm_backward<lanes>,
    activate_fixed<lanes>,
    activate_backward<lanes>,
    carry<lanes>,
    used_bits<lanes>,
    block<lanes>,
    update<lanes>,
};

}  // namespace fixed
}  // namespace runnel
