#include "base/c_struct.hpp"
#include "runnel/fixed_model.h"
#include "runnel/fixed_model.hpp"

using runnel::Model;

namespace {

const Model& cpp(const runnel_model* m) { return *reinterpret_cast<const Model*>(m); }

runnel_trainer_layer as_c(const runnel::training::Layer& l) {
    return {.struct_size = 0,
            .kind = uint32_t(l.kind),
            .units = l.units,
            .tokens = l.tokens,
            .activation = uint32_t(l.activation),
            .recurrent_activation = uint32_t(l.recurrent_activation),
            .mask_zero = l.mask_zero,
            .state_bits = l.state_bits,
            .dropout = l.dropout,
            .recurrent_dropout = l.recurrent_dropout,
            .dropout_each_step = l.dropout_each_step};
}

}  // namespace

int runnel_model_is_fixed(const runnel_model* model) { return model && is_fixed(cpp(model)); }

runnel_trainer_status runnel_trainer_network(const runnel_model* model, runnel_trainer_layer* layers, size_t layer_size,
                                             uint32_t capacity, runnel_trainer_specification* specification) {
    if (!runnel_model_is_fixed(model)) return RUNNEL_TRAINER_NOT_FIXED;
    constexpr size_t first_layer = RUNNEL_SIZE_UP_TO(runnel_trainer_layer, dropout_each_step);
    runnel_trainer_specification s = RUNNEL_TRAINER_SPECIFICATION_INIT;
    if (layer_size < first_layer ||
        !runnel::take(*specification, RUNNEL_SIZE_UP_TO(runnel_trainer_specification, reserved), s))
        return RUNNEL_TRAINER_WRONG_STRUCT;
    const runnel::FixedNetwork network = fixed_network(cpp(model));
    if (network.layer_count > capacity) return RUNNEL_TRAINER_BLOCK_TOO_SMALL;
    for (uint32_t i = 0; i < network.layer_count; ++i) {
        auto& layer =
            *reinterpret_cast<runnel_trainer_layer*>(reinterpret_cast<unsigned char*>(layers) + i * layer_size);
        layer.struct_size = layer_size;
        runnel::fill(layer, as_c(network.layers[i]));
    }
    s.layers = layers;
    s.layer_count = network.layer_count;
    s.weight_bits = network.weight_bits;
    runnel::fill(*specification, s);
    return RUNNEL_TRAINER_OK;
}

runnel_trainer_status runnel_trainer_load_parameters(const runnel_model* model, runnel_trainer* trainer) {
    if (!model || !runnel_model_is_fixed(model)) return RUNNEL_TRAINER_NOT_FIXED;
    return runnel_trainer_status(load_parameters(cpp(model), *reinterpret_cast<runnel::training::Trainer*>(trainer)));
}
