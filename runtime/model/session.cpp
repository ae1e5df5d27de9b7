#include <cstring>
#include <new>

#include "stream.hpp"

namespace runnel {
namespace {

Stream& stream_of(Session* s) { return *static_cast<Stream*>(s); }
const Stream& stream_of(const Session* s) { return *static_cast<const Stream*>(s); }

constexpr std::uint32_t state_version = 1;

/// What precedes the numbers of a saved state.
struct StateHead {
    std::uint64_t model;  ///< checksum of the model file
    std::uint32_t bytes;
    std::uint32_t version;
};

std::size_t saved_bytes(const Stream& s) {
    return s.fixed ? s.fixed->state_bytes() : s.plan->saved_floats * sizeof(float);
}

}  // namespace

std::size_t Session::bytes(const Model& model) noexcept {
    const Plan& plan = plan_of(model);
    return plan.file ? Stream::bytes(plan) : 0;
}

std::size_t most_session_bytes(const Model& model) noexcept {
    Plan plan = plan_of(model);
    plan.fixed_kernels = nullptr;
    for (std::uint32_t i = 0; i < plan.count; ++i)
        if (const Layer& layer = plan.layers[i]; may_have_offsets(layer) && !layer.has_offsets)
            plan.numbers += padded_to(offsets_size(layer), 16);
    return Stream::bytes(plan);
}

Status Session::create(const Model& model, void* block, std::size_t size, Session*& session) noexcept {
    if (!plan_of(model).file) return Status::not_loaded;
    if (reinterpret_cast<std::uintptr_t>(block) % 64) return Status::misaligned;
    if (!block || size < bytes(model)) return Status::block_too_small;
    auto* stream = new (block) Stream;
    stream->plan = &plan_of(model);
    stream->numbers = reinterpret_cast<float*>(stream + 1);
    stream->fixed = stream->plan->fixed ? &FixedStream::create(*stream->plan, stream + 1) : nullptr;
    stream->saturated =
        reinterpret_cast<std::uint64_t*>(static_cast<unsigned char*>(block) + Stream::before_counters(*stream->plan));
    if (!stream->fixed) {
        std::memset(stream->saturated, 0, stream->plan->count * sizeof *stream->saturated);
        stream->values = new (static_cast<unsigned char*>(block) + Stream::before_values(*stream->plan)) Value;
        for (std::uint32_t i = 1; i <= stream->plan->count; ++i) new (stream->values + i) Value;
    }
    stream->make_constants();
    stream->clear();
    session = stream;
    return Status::ok;
}

Status Session::step(std::uint32_t token) noexcept { return stream_of(this).step(token); }

Status Session::step(const float* features, std::size_t count) noexcept {
    Stream& s = stream_of(this);
    if (!s.plan->input.takes_tokens && count != s.plan->input.width) return Status::wrong_feature_count;
    return s.step(features);
}

std::span<const float> Session::output() noexcept {
    Stream& s = stream_of(this);
    if (!s.answered) {
        if (!s.fixed) s.run(s.plan->body, s.plan->count);
        s.answer = s.fixed ? s.fixed->answer() : s.values[s.plan->count].x;
        s.answered = true;
    }
    return {s.answer, s.plan->outputs};
}

void Session::reset() noexcept { stream_of(this).clear(); }

Status Session::patch_bytes(const void* patch, std::size_t size, std::size_t& bytes) const noexcept {
    const Stream& s = stream_of(this);
    bytes = 0;
    return s.fixed ? s.fixed->patch_bytes(patch, size, *s.plan, bytes) : Status::not_fixed;
}

Status Session::apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size) noexcept {
    Stream& s = stream_of(this);
    if (!s.fixed) return Status::not_fixed;
    if (reinterpret_cast<std::uintptr_t>(block) % 64) return Status::misaligned;
    const Status status = s.fixed->apply_patch(patch, size, block, block_size, *s.plan);
    if (status == Status::ok) s.clear();
    return status;
}

std::size_t Session::state_bytes() const noexcept { return sizeof(StateHead) + saved_bytes(stream_of(this)); }

Status Session::save_state(void* to, std::size_t size) const noexcept {
    const Stream& s = stream_of(this);
    if (size < state_bytes()) return Status::block_too_small;
    const StateHead head{s.plan->file->checksum(), std::uint32_t(saved_bytes(s)), state_version};
    auto* next = static_cast<unsigned char*>(to);
    std::memcpy(next, &head, sizeof head);
    next += sizeof head;
    if (s.fixed) {
        s.fixed->save_state(next);
        return Status::ok;
    }
    s.for_each_state([&](const float* values, std::uint32_t units) {
        std::memcpy(next, values, units * sizeof(float));
        next += units * sizeof(float);
    });
    return Status::ok;
}

Status Session::restore_state(const void* from, std::size_t size) noexcept {
    Stream& s = stream_of(this);
    if (size != state_bytes()) return Status::wrong_state;
    StateHead head;
    const auto* next = static_cast<const unsigned char*>(from);
    std::memcpy(&head, next, sizeof head);
    next += sizeof head;
    if (head.model != s.plan->file->checksum() || head.bytes != saved_bytes(s) || head.version != state_version)
        return Status::wrong_state;
    if (s.fixed) {
        if (!s.fixed->restore_state(next)) return Status::wrong_state;
        s.answered = false;
        return Status::ok;
    }
    for (std::uint32_t i = 0; i < s.plan->saved_floats; ++i) {
        float value;
        std::memcpy(&value, next + i * sizeof value, sizeof value);
        if (!(value - value == 0)) return Status::wrong_state;
    }
    s.clear();
    s.for_each_state([&](float* values, std::uint32_t units) {
        std::memcpy(values, next, units * sizeof(float));
        next += units * sizeof(float);
    });
    for (std::uint32_t i = 0; i < s.plan->body; ++i) {
        const Layer& layer = s.plan->layers[i];
        Layers::with(layer.kind, [&]<class L> { L::restored(layer, s.context(i)); });
    }
    return Status::ok;
}

std::uint64_t Session::saturations() const noexcept {
    const Stream& s = stream_of(this);
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < s.plan->file->layers()->size(); ++i) sum += s.saturations(i);
    return sum;
}

std::uint64_t Session::saturations(std::uint32_t layer) const noexcept {
    const Stream& s = stream_of(this);
    return layer < s.plan->file->layers()->size() ? s.saturations(layer) : 0;
}

}  // namespace runnel
