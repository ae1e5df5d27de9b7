#include <new>

#include "runnel/runnel.h"
#include "runnel/runnel.hpp"

using runnel::Batch;
using runnel::Model;
using runnel::Session;
using runnel::Status;

static_assert(int(RUNNEL_LEFT_OUT) == int(Status::left_out) && RUNNEL_RESTING == Batch::resting);

namespace {

runnel_status as_c(Status s) { return runnel_status(s); }
const Model& cpp(const runnel_model* m) { return *reinterpret_cast<const Model*>(m); }
Batch& cpp(runnel_batch* b) { return *reinterpret_cast<Batch*>(b); }
Session& cpp(runnel_session* s) { return *reinterpret_cast<Session*>(s); }
const Session& cpp(const runnel_session* s) { return *reinterpret_cast<const Session*>(s); }

}  // namespace

extern "C" {

const char* runnel_message(runnel_status status) { return runnel::message(Status(status)); }

size_t runnel_model_bytes(void) { return sizeof(Model); }

runnel_status runnel_model_load(void* block, size_t block_size, const void* bytes, size_t size, const char* isa,
                                runnel_model** model) {
    if (reinterpret_cast<uintptr_t>(block) % alignof(Model)) return RUNNEL_MISALIGNED;
    if (!block || block_size < sizeof(Model)) return RUNNEL_BLOCK_TOO_SMALL;
    auto* loaded = new (block) Model;
    const Status status = loaded->load(bytes, size, isa);
    if (status == Status::ok) *model = reinterpret_cast<runnel_model*>(loaded);
    return as_c(status);
}

int runnel_model_takes_tokens(const runnel_model* model) { return cpp(model).info().takes_tokens; }
uint32_t runnel_model_inputs(const runnel_model* model) { return cpp(model).info().inputs; }
uint32_t runnel_model_outputs(const runnel_model* model) { return cpp(model).info().outputs; }
const char* runnel_model_isa(const runnel_model* model) { return cpp(model).info().isa; }

size_t runnel_session_bytes(const runnel_model* model) { return Session::bytes(cpp(model)); }

runnel_status runnel_session_create(const runnel_model* model, void* block, size_t block_size,
                                    runnel_session** session) {
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

size_t runnel_batch_bytes(const runnel_model* model, uint32_t streams) { return Batch::bytes(cpp(model), streams); }

runnel_status runnel_batch_create(const runnel_model* model, uint32_t streams, void* block, size_t block_size,
                                  runnel_batch** batch) {
    Batch* created = nullptr;
    const Status status = Batch::create(cpp(model), streams, block, block_size, created);
    if (status == Status::ok) *batch = reinterpret_cast<runnel_batch*>(created);
    return as_c(status);
}

runnel_session* runnel_batch_stream(runnel_batch* batch, uint32_t index) {
    return reinterpret_cast<runnel_session*>(&cpp(batch)[index]);
}

runnel_status runnel_batch_step_tokens(runnel_batch* batch, const uint32_t* tokens, size_t count) {
    return as_c(cpp(batch).step(std::span(tokens, count)));
}

runnel_status runnel_batch_step_features(runnel_batch* batch, const float* const* features, size_t count) {
    return as_c(cpp(batch).step(std::span(features, count)));
}

}  // extern "C"
