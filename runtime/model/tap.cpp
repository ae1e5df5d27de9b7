#include "tap.hpp"

#include <cmath>

#include "stream.hpp"

namespace runnel {
namespace {

Stream& stream_of(Session& session) { return static_cast<Stream&>(session); }

/// Runs a layer and hands its output over.
void run(Stream& s, std::uint32_t layer, Taps taps) {
    s.run(layer, layer + 1);
    if (float* to = taps[layer]) std::memcpy(to, s.values[layer + 1].x, s.plan->layers[layer].outputs * sizeof(float));
}

/// The outputs of a fixed model's layers, as the floats that they stand for.
void tap_fixed(Stream& s, Taps taps) {
    s.answer = s.fixed->answer();
    s.answered = true;
    const schema::Kind first = s.plan->file->layers()->Get(0)->kind_type();
    std::size_t layer = first == schema::Kind::Embedding || first == schema::Kind::Masking;
    s.fixed->network().for_each_output([&](const auto* values, std::uint32_t count, int bits) {
        float* to = taps[layer++];
        for (std::uint32_t i = 0; to && i < count; ++i) to[i] = std::ldexp(float(values[i]), -bits);
    });
}

template <class In> Status step(Stream& s, In input, Taps taps, bool& masked) {
    if (const Status status = s.check(input); status != Status::ok) return status;
    masked = s.masked(input);
    if (masked) return Status::ok;
    s.begin(input);
    if (s.fixed) {
        s.end();
        tap_fixed(s, taps);
        return Status::ok;
    }
    for (std::uint32_t i = 0; i < s.plan->count; ++i) run(s, i, taps);
    s.end();
    s.answer = s.values[s.plan->count].x;
    s.answered = true;
    return Status::ok;
}

}  // namespace

Status step_tapped(Session& session, std::uint32_t token, Taps taps, bool& masked) noexcept {
    return step(stream_of(session), token, taps, masked);
}

Status step_tapped(Session& session, const float* features, std::size_t count, Taps taps, bool& masked) noexcept {
    Stream& s = stream_of(session);
    if (!s.plan->input.takes_tokens && count != s.plan->input.width) return Status::wrong_feature_count;
    return step(s, features, taps, masked);
}

void tap_zero_state(Session& session, Taps taps) noexcept {
    Stream& s = stream_of(session);
    if (s.fixed) return tap_fixed(s, taps);
    bool follows_state[max_layers + 1] = {};  // of each value: a recurrent layer is before it
    for (std::uint32_t i = 0; i < s.plan->count; ++i) {
        const Layer& layer = s.plan->layers[i];
        const bool recurrent = layer.kind == schema::Kind::Recurrent;
        for (std::uint32_t k = 0; k < layer.source_count; ++k)
            follows_state[i + 1] |= follows_state[layer.sources ? layer.sources[k] : layer.source];
        if (follows_state[i + 1] && !recurrent) {
            const std::uint64_t saturated = s.saturated[i];
            run(s, i, taps);
            if (i < s.plan->body) s.saturated[i] = saturated;  // only a step counts there
        } else if (taps[i]) {
            std::memset(taps[i], 0, layer.outputs * sizeof(float));
            s.values[i + 1].set(taps[i], layer.outputs);
        }
        follows_state[i + 1] |= recurrent;
    }
    s.answer = s.values[s.plan->count].x;
    s.answered = true;
}

}  // namespace runnel
