#include "runnel/runnel.h"

#include <new>

#include "base/c_struct.hpp"
#include "runnel/window.hpp"

using runnel::Batch;
using runnel::Model;
using runnel::Session;
using runnel::Status;
using runnel::Window;

namespace {

#define RUNNEL_SAME(c, cpp) static_assert(int(RUNNEL_##c) == int(Status::cpp))
RUNNEL_SAME(OK, ok);
RUNNEL_SAME(MISALIGNED, misaligned);
RUNNEL_SAME(NOT_A_MODEL, not_a_model);
RUNNEL_SAME(DAMAGED, damaged);
RUNNEL_SAME(TOO_NEW, too_new);
RUNNEL_SAME(INVALID_LAYER, invalid_layer);
RUNNEL_SAME(TOO_MANY_LAYERS, too_many_layers);
RUNNEL_SAME(UNKNOWN_ISA, unknown_isa);
RUNNEL_SAME(UNAVAILABLE_ISA, unavailable_isa);
RUNNEL_SAME(BLOCK_TOO_SMALL, block_too_small);
RUNNEL_SAME(WRONG_INPUT, wrong_input);
RUNNEL_SAME(TOKEN_OUT_OF_RANGE, token_out_of_range);
RUNNEL_SAME(WRONG_FEATURE_COUNT, wrong_feature_count);
RUNNEL_SAME(NOT_FINITE, not_finite);
RUNNEL_SAME(WRONG_STATE, wrong_state);
RUNNEL_SAME(WRONG_BATCH, wrong_batch);
RUNNEL_SAME(NOT_FIXED, not_fixed);
RUNNEL_SAME(DAMAGED_PATCH, damaged_patch);
RUNNEL_SAME(FOREIGN_PATCH, foreign_patch);
RUNNEL_SAME(LEFT_OUT, left_out);
RUNNEL_SAME(NOT_LOADED, not_loaded);
RUNNEL_SAME(OUT_OF_MEMORY, out_of_memory);
RUNNEL_SAME(WRONG_WINDOW, wrong_window);
#undef RUNNEL_SAME
static_assert(RUNNEL_RESTING == Batch::resting && alignof(Model) == RUNNEL_ALIGNMENT);

runnel_status as_c(Status s) { return runnel_status(s); }
const Model& cpp(const runnel_model* m) { return *reinterpret_cast<const Model*>(m); }
Batch& cpp(runnel_batch* b) { return *reinterpret_cast<Batch*>(b); }
const Batch& cpp(const runnel_batch* b) { return *reinterpret_cast<const Batch*>(b); }
Session& cpp(runnel_session* s) { return *reinterpret_cast<Session*>(s); }
const Session& cpp(const runnel_session* s) { return *reinterpret_cast<const Session*>(s); }
Window& cpp(runnel_window* w) { return *reinterpret_cast<Window*>(w); }
const Window& cpp(const runnel_window* w) { return *reinterpret_cast<const Window*>(w); }

void fill_port(const runnel::PortInfo& port, runnel_port_info& info) {
    runnel::fill(info, {.struct_size = 0, .name = port.name, .first = port.first, .count = port.count});
}

}  // namespace

extern "C" {

const char* runnel_message(runnel_status status) {
    return runnel::message(unsigned(status) <= unsigned(RUNNEL_WRONG_WINDOW) ? Status(status) : Status(0xff));
}
const char* runnel_version(void) { return runnel::version(); }
const char* const* runnel_isas(void) { return runnel::isas(); }

size_t runnel_model_bytes(void) { return sizeof(Model); }

runnel_status runnel_model_load(void* block, size_t block_size, const void* bytes, size_t size, const char* isa,
                                runnel_model** model) {
    *model = nullptr;
    if (reinterpret_cast<uintptr_t>(block) % alignof(Model)) return RUNNEL_MISALIGNED;
    if (!block || block_size < sizeof(Model)) return RUNNEL_BLOCK_TOO_SMALL;
    auto* loaded = new (block) Model;
    *model = reinterpret_cast<runnel_model*>(loaded);
    return as_c(loaded->load(bytes, size, isa));
}

int runnel_model_failed_layer(const runnel_model* model) { return model ? cpp(model).failed_layer() : -1; }
const char* runnel_model_failed_layer_name(const runnel_model* model) {
    return model ? cpp(model).failed_layer_name() : "";
}

int runnel_model_takes_tokens(const runnel_model* model) { return model && cpp(model).info().takes_tokens; }
uint32_t runnel_model_inputs(const runnel_model* model) { return model ? cpp(model).info().inputs : 0; }
uint32_t runnel_model_outputs(const runnel_model* model) { return model ? cpp(model).info().outputs : 0; }
const char* runnel_model_isa(const runnel_model* model) { return model ? cpp(model).info().isa : ""; }

void runnel_model_get_info(const runnel_model* model, runnel_model_info* info) {
    const runnel::ModelInfo i = model ? cpp(model).info() : runnel::ModelInfo();
    runnel::fill(*info, {.struct_size = 0,
                         .takes_tokens = i.takes_tokens,
                         .inputs = i.inputs,
                         .outputs = i.outputs,
                         .returns_sequence = i.returns_sequence,
                         .layers = i.layers,
                         .words = i.words,
                         .labels = i.labels,
                         .sequence_length = i.sequence_length,
                         .start_token = i.start_token,
                         .unknown_token = i.unknown_token,
                         .parameters = i.parameters,
                         .weight_bytes = i.weight_bytes,
                         .file_bytes = i.file_bytes,
                         .source_name = i.source_name,
                         .source_sha256 = i.source_sha256,
                         .source_framework = i.source_framework,
                         .converter_version = i.converter_version,
                         .isa = i.isa,
                         .input_ports = i.input_ports,
                         .output_ports = i.output_ports,
                         .wait = i.wait});
}

void runnel_model_get_layer(const runnel_model* model, uint32_t index, runnel_layer_info* info) {
    const runnel::LayerInfo i = model ? cpp(model).layer(index) : runnel::LayerInfo();
    runnel::fill(*info, {.struct_size = 0,
                         .name = i.name,
                         .kind = i.kind,
                         .activation = i.activation,
                         .format = i.format,
                         .dynamic = i.dynamic,
                         .projected = i.projected,
                         .recurrent = i.recurrent,
                         .inputs = i.inputs,
                         .outputs = i.outputs,
                         .input_range = i.input_range,
                         .state_range = i.state_range,
                         .parameters = i.parameters,
                         .weight_bytes = i.weight_bytes,
                         .sources = i.sources});
}

const char* runnel_model_word(const runnel_model* model, uint32_t token) { return model ? cpp(model).word(token) : ""; }
void runnel_model_get_input_port(const runnel_model* model, uint32_t index, runnel_port_info* info) {
    fill_port(model ? cpp(model).input_port(index) : runnel::PortInfo(), *info);
}
void runnel_model_get_output_port(const runnel_model* model, uint32_t index, runnel_port_info* info) {
    fill_port(model ? cpp(model).output_port(index) : runnel::PortInfo(), *info);
}
uint32_t runnel_model_source(const runnel_model* model, uint32_t layer, uint32_t index) {
    return model ? cpp(model).source(layer, index) : 0;
}
const char* runnel_model_label(const runnel_model* model, uint32_t index) {
    return model ? cpp(model).label(index) : "";
}

size_t runnel_session_bytes(const runnel_model* model) { return model ? Session::bytes(cpp(model)) : 0; }

runnel_status runnel_session_create(const runnel_model* model, void* block, size_t block_size,
                                    runnel_session** session) {
    if (!model) return RUNNEL_NOT_LOADED;
    Session* created = nullptr;
    const Status status = Session::create(cpp(model), block, block_size, created);
    if (status == Status::ok) *session = reinterpret_cast<runnel_session*>(created);
    return as_c(status);
}

runnel_status runnel_step_token(runnel_session* session, uint32_t token) { return as_c(cpp(session).step(token)); }

runnel_status runnel_step_features(runnel_session* session, const float* features, size_t count) {
    return as_c(cpp(session).step(features, count));
}

const float* runnel_output(runnel_session* session) { return cpp(session).output().data(); }
void runnel_reset(runnel_session* session) { cpp(session).reset(); }
uint64_t runnel_saturations(const runnel_session* session) { return cpp(session).saturations(); }
uint64_t runnel_layer_saturations(const runnel_session* session, uint32_t layer) {
    return cpp(session).saturations(layer);
}
size_t runnel_state_bytes(const runnel_session* session) { return cpp(session).state_bytes(); }

runnel_status runnel_save_state(const runnel_session* session, void* to, size_t size) {
    return as_c(cpp(session).save_state(to, size));
}

runnel_status runnel_restore_state(runnel_session* session, const void* from, size_t size) {
    return as_c(cpp(session).restore_state(from, size));
}

runnel_status runnel_session_patch_bytes(const runnel_session* session, const void* patch, size_t size, size_t* bytes) {
    return as_c(cpp(session).patch_bytes(patch, size, *bytes));
}

runnel_status runnel_session_apply_patch(runnel_session* session, const void* patch, size_t size, void* block,
                                         size_t block_size) {
    return as_c(cpp(session).apply_patch(patch, size, block, block_size));
}

size_t runnel_batch_bytes(const runnel_model* model, uint32_t streams) {
    return model ? Batch::bytes(cpp(model), streams) : 0;
}

runnel_status runnel_batch_create(const runnel_model* model, uint32_t streams, void* block, size_t block_size,
                                  runnel_batch** batch) {
    if (!model) return RUNNEL_NOT_LOADED;
    Batch* created = nullptr;
    const Status status = Batch::create(cpp(model), streams, block, block_size, created);
    if (status == Status::ok) *batch = reinterpret_cast<runnel_batch*>(created);
    return as_c(status);
}

uint32_t runnel_batch_streams(const runnel_batch* batch) { return cpp(batch).streams(); }

runnel_session* runnel_batch_stream(runnel_batch* batch, uint32_t index) {
    return index < cpp(batch).streams() ? reinterpret_cast<runnel_session*>(&cpp(batch)[index]) : nullptr;
}

runnel_status runnel_batch_step_tokens(runnel_batch* batch, const uint32_t* tokens, size_t count) {
    return as_c(cpp(batch).step(std::span(tokens, count)));
}

runnel_status runnel_batch_step_features(runnel_batch* batch, const float* const* features, size_t count) {
    return as_c(cpp(batch).step(std::span(features, count)));
}

size_t runnel_window_bytes(const runnel_model* model, uint32_t steps, uint32_t hop) {
    return model ? Window::bytes(cpp(model), steps, hop) : 0;
}

runnel_status runnel_window_create(const runnel_model* model, uint32_t steps, uint32_t hop, void* block,
                                   size_t block_size, runnel_window** window) {
    if (!model) return RUNNEL_NOT_LOADED;
    Window* created = nullptr;
    const Status status = Window::create(cpp(model), steps, hop, block, block_size, created);
    if (status == Status::ok) *window = reinterpret_cast<runnel_window*>(created);
    return as_c(status);
}

runnel_status runnel_window_step_token(runnel_window* window, uint32_t token) { return as_c(cpp(window).step(token)); }

runnel_status runnel_window_step_features(runnel_window* window, const float* features, size_t count) {
    return as_c(cpp(window).step(features, count));
}

const float* runnel_window_output(runnel_window* window) {
    const auto answer = cpp(window).output();
    return answer.empty() ? nullptr : answer.data();
}
void runnel_window_reset(runnel_window* window) { cpp(window).reset(); }

runnel_status runnel_window_patch_bytes(const runnel_window* window, const void* patch, size_t size, size_t* bytes) {
    return as_c(cpp(window).patch_bytes(patch, size, *bytes));
}

runnel_status runnel_window_apply_patch(runnel_window* window, const void* patch, size_t size, void* block,
                                        size_t block_size) {
    return as_c(cpp(window).apply_patch(patch, size, block, block_size));
}

}  // extern "C"
