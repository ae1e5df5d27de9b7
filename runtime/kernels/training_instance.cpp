// The trainer's part of fixed_instance.cpp, in an object of its own: a program that only infers does not link it.
#include "fixed_table.hpp"
#include "training_blocks.hpp"
#include "training_gru.hpp"
#include "training_lstm.hpp"
#include "training_product.hpp"
#include "training_product_single.hpp"
#include "training_tokens.hpp"
#include "training_update.hpp"

namespace runnel::fixed {

extern const TrainingKernels RUNNEL_TABLE(training);
const TrainingKernels RUNNEL_TABLE(training) = {
    .wide_product = WideProducts<lanes>::product,
    .one = {SingleBackward<lanes>::transposed_product, SingleBackward<lanes>::outer_sum},
    .sixteen = {WideProducts<lanes>::transposed_product, WideProducts<lanes>::outer_sum},
    .gather_rows32 = gather_rows<int32_t>,
    .gather_rows16 = gather_rows<int16_t>,
    .scatter_rows = scatter_rows<lanes>,
    .add_outer = SingleBackward<lanes>::add_outer,
    .gru_backward = gru_backward<lanes>,
    .lstm_cell_error = lstm_cell_error<lanes>,
    .lstm_backward = lstm_backward<lanes>,
    .activate_backward = activate_backward<lanes>,
    .carry = carry<lanes>,
    .used_bits = used_bits<lanes>,
    .block = block<lanes>,
    .update = update<lanes>,
};

}  // namespace runnel::fixed
