// The converter's headers on a machine with pointers of 32 bits. Nothing is stepped, so the kernels' tables are empty.
#include <cstdint>
#include <cstdio>

#include "f32.h"
#include "fixed.h"
#include "int8.h"
#include "kernels/fixed_kernels.hpp"
#include "kernels/kernels.hpp"
#include "runnel/runnel.h"

namespace runnel {
extern const Kernels kernels_scalar;
const Kernels kernels_scalar = {
    .name = "scalar", .all_finite = [](const float*, std::size_t) { return true; }};
namespace fixed {
extern const Kernels kernels_scalar;
const Kernels kernels_scalar = {.name = "scalar"};
}  // namespace fixed
}  // namespace runnel

static_assert(sizeof(void*) == 4);
alignas(64) static unsigned char plan[f32_model_bytes];

/// Of a header's constants; `size`: of the file, then what the model takes and gives, then blocks.
static bool suffices(const char* name, const unsigned char* file, std::size_t size, std::uint32_t inputs,
                     std::uint32_t outputs, std::size_t model_bytes, std::size_t session, std::size_t head,
                     std::size_t stream) {
    runnel_model* model = nullptr;
    const runnel_status status = runnel_model_load(plan, model_bytes, file, size, nullptr, &model);
    std::printf("%s: %s; session %zu of %zu, 9 streams %zu of %zu\n", name, runnel_message(status),
                runnel_session_bytes(model), session, runnel_batch_bytes(model, 9), head + 9 * stream);
    return status == RUNNEL_OK && runnel_model_inputs(model) == inputs && runnel_model_outputs(model) == outputs &&
           runnel_session_bytes(model) > 0 && runnel_session_bytes(model) <= session &&
           runnel_batch_bytes(model, 9) <= head + 9 * stream;
}

#define SUFFICES(name)                                                                                          \
    suffices(#name, name, name##_size, name##_inputs, name##_outputs, name##_model_bytes, name##_session_bytes, \
             name##_batch_head_bytes, name##_batch_stream_bytes)

int main() { return SUFFICES(f32) + SUFFICES(int8) + SUFFICES(fixed) == 3 ? 0 : 1; }
