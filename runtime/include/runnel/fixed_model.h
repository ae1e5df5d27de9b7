/* Models with fixed weights (runnel-convert --quantize fixed or fixed8) as networks of the trainer:
 *
 *     runnel_trainer_specification spec = RUNNEL_TRAINER_SPECIFICATION_INIT;
 *     runnel_trainer_layer layers[RUNNEL_MAX_LAYERS + 1];
 *     status = runnel_trainer_network(model, layers, sizeof *layers, RUNNEL_MAX_LAYERS + 1, &spec);
 *     spec.batch = ..., spec.steps = ...
 *     status = runnel_trainer_create(&spec, block, size, &trainer);
 *     status = runnel_trainer_load_parameters(model, trainer);
 *
 * Rules as in runnel.h and trainer.h. */
#ifndef RUNNEL_FIXED_MODEL_H
#define RUNNEL_FIXED_MODEL_H
#include "runnel/runnel.h"
#include "runnel/trainer.h"
#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

/* 1 if the model is loaded and its weights are fixed, else 0. */
int runnel_model_is_fixed(const runnel_model* model);

/* Writes the model's network to `layers`: its input, recurrent layers and Dense layers, with the dropout that the
 * source model was trained with; and sets layers, layer_count and weight_bits of the specification. `layer_size`:
 * sizeof(runnel_trainer_layer), which becomes their struct_size; `capacity`: of the array, RUNNEL_MAX_LAYERS + 1 is
 * always enough. Both are valid without the model. layers[0] is the input; layer i of a model that begins with an
 * embedding is layers[i], of any other model layers[i + 1].
 * RUNNEL_TRAINER_NOT_FIXED, RUNNEL_TRAINER_WRONG_STRUCT, RUNNEL_TRAINER_BLOCK_TOO_SMALL (`capacity`). */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_network(const runnel_model* model, runnel_trainer_layer* layers,
                                                            size_t layer_size, uint32_t capacity,
                                                            runnel_trainer_specification* specification);

/* Sets all parameters of a trainer over the model's network (its dropout may have been changed) to those of the model;
 * they are copied. RUNNEL_TRAINER_NOT_FIXED; RUNNEL_TRAINER_WRONG_TENSOR: the trainer is over another network (some of
 * its parameters may then have changed). */
RUNNEL_CHECKED runnel_trainer_status runnel_trainer_load_parameters(const runnel_model* model, runnel_trainer* trainer);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
