#include "tap.hpp"

#include <cmath>

#include "stream.hpp"
#include "trainer/layers.hpp"

namespace runnel {
namespace {

Stream& stream_of(Session& session) { return static_cast<Stream&>(session); }

/// Runs a layer and hands its output over.
void run(Stream& s, std::uint32_t layer, Taps taps) {
    s.run(layer, layer + 1);
    if (float* to = taps[layer]) std::memcpy(to, s.answer.x, s.plan->layers[layer].outputs * sizeof(float));
}

/// The states and outputs of a fixed model, as the floats that they stand for.
void tap_fixed(Stream& s, Taps taps) {
    const float* answer = s.fixed->answer();
    s.answer.set(answer, s.plan->outputs);
    s.answered = true;
    auto& network = static_cast<training::State&>(s.fixed->network());
    std::size_t layer = taps.size() - network.recurrent_count - network.dense_count;
    for (std::uint32_t i = 0; i < network.recurrent_count; ++i, ++layer) {
        const training::RecurrentLayer& r = network.recurrent[i];
        for (std::uint32_t u = 0; u < r.units; ++u) taps[layer][u] = std::ldexp(float(r.h[u]), -r.state_bits);
    }
    const std::uint8_t dense_count = network.dense_count;
    for (std::uint32_t i = 0; i + 1 < dense_count; ++i, ++layer) {
        // With the precision of a last layer, in place of the pre-activations, which nobody needs any more.
        const training::DenseLayer& d = network.dense[i];
        network.dense_count = std::uint8_t(i + 1);
        answers_of(network, {{.count = 1, .steps = 1}, 0, 1}, d.a);
        for (std::uint32_t u = 0; u < d.units; ++u) taps[layer][u] = float(d.a[u]) / 65536;
    }
    network.dense_count = dense_count;
    std::memcpy(taps[layer], answer, s.plan->outputs * sizeof(float));
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
    bool after_recurrent = false;
    for (std::uint32_t i = 0; i < s.plan->count; ++i) {
        const Layer& layer = s.plan->layers[i];
        const bool recurrent = layer.kind == schema::Kind::Recurrent;
        after_recurrent |= recurrent;
        if (after_recurrent && !recurrent) {
            const std::uint64_t saturated = s.saturated[i];
            run(s, i, taps);
            if (i < s.plan->body) s.saturated[i] = saturated;  // only a step counts there
        } else if (taps[i]) {
            std::memset(taps[i], 0, layer.outputs * sizeof(float));
            s.answer.set(taps[i], layer.outputs);
        }
    }
    s.answered = true;
}

}  // namespace runnel
