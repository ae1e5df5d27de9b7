/// What a session is behind its public face.
#pragma once
#include <cstring>

#include "fixed_stream.hpp"
#include "layers/list.hpp"
#include "plan.hpp"

namespace runnel {

/// A session as it lies in the caller's block: this head, then the plan's numbers, which begin at a multiple of 64
/// bytes, a counter for each layer, and the values of a step. Over a fixed model, it is this head and a FixedStream.
struct alignas(64) Stream : Session {
    const Plan* plan;
    float* numbers;
    IfFixed<FixedStream*> fixed;  ///< null: the model has floats
    Value* values;             ///< the model's input, then each layer's output; those behind the body when `answered`
    const float* answer;       ///< the model's, when `answered`
    std::uint64_t* saturated;  ///< of each layer: values since the start that were outside their quantized range
    std::uint8_t parity;       ///< which h of each recurrent layer is the current one
    bool answered;
    std::uint8_t steps;        ///< since the start, modulo 256
    bool drops_features;       ///< tiny ones are taken for 0
    float waited;              ///< steps begun since the start, as far as layers wait; then a part of the saved state

    /// Tiny numbers (kernels.hpp), of which a state that decays is full until it is 0, make steps slow. They are looked
    /// for, and taken for 0, in one step of so many: to look in every step would cost more than it saves.
    static constexpr int steps_between_looks = 64;

    static std::size_t bytes(const Plan& p) {
        if (p.fixed) return sizeof(Stream) + FixedStream::bytes(p);
        return before_values(p) + padded_to((p.count + 1) * sizeof(Value), 64);
    }
    static std::size_t before_counters(const Plan& p) { return sizeof(Stream) + p.numbers * sizeof(float); }
    static std::size_t before_values(const Plan& p) {
        return before_counters(p) + padded_to(p.count * sizeof(std::uint64_t), 64);
    }

    std::uint64_t saturations(std::uint32_t layer) const {
        return fixed ? fixed->saturations(layer) : saturated[layer];
    }

    StepContext context(std::uint32_t layer) const {
        return {*plan->kernels, numbers, parity, saturated[layer], values};
    }
    const Value& input_of(std::uint32_t layer) const { return values[plan->layers[layer].source]; }

    /// Whether a layer waits for a window before it to be full.
    bool waits(const Layer& layer) const { return layer.wait && waited <= float(layer.wait); }

    /// Runs the layers [from, to).
    void run(std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t i = from; i < to; ++i) {
            const Layer& layer = plan->layers[i];
            if (plan->longest_wait && waits(layer)) [[unlikely]] continue;
            Value& out = values[i + 1];
            const Value& in = values[layer.source];
            Layers::with(
                layer.kind, [&]<class L>() __attribute__((always_inline)) { L::step(layer, context(i), in, out); });
        }
    }

    /// Whether a step may take this input. Nothing has changed yet.
    Status check(std::uint32_t token) const {
        if (!plan->input.takes_tokens && !plan->input.one_hot) return Status::wrong_input;
        return token < plan->input.width ? Status::ok : Status::token_out_of_range;
    }
    Status check(const float* features) const {
        if (plan->input.takes_tokens) return Status::wrong_input;
        return plan->kernels->all_finite(features, plan->input.width) ? Status::ok : Status::not_finite;
    }

    /// Whether a step of this input changes nothing.
    bool masked(std::uint32_t token) const { return token == 0 && plan->input.mask_zero; }
    bool masked(const float* features) const {
        bool all = plan->input.has_mask_value;
        for (std::uint32_t i = 0; all && i < plan->input.width; ++i) all = features[i] == plan->input.mask_value;
        return all;
    }

    /// Makes the input what the first layer reads. (A fixed model makes its whole step here: it has no layers to run.)
    void begin(std::uint32_t token) {
        if (fixed) return fixed->step(token);
        if (plan->longest_wait) count_wait();
        static constexpr float one = 1.0f;
        values[0].set(&one, 1);
        values[0].first = token;
    }
    void begin(const float* features) {
        if (fixed) return fixed->step(features);
        if (plan->longest_wait) count_wait();
        if (steps % steps_between_looks == 0) drops_features = plan->kernels->has_tiny(features, plan->input.width);
        float* const kept = numbers + plan->features;
        if (drops_features) {
            plan->kernels->drop_tiny(features, plan->input.width, kept);
            features = kept;
        } else if (plan->is_input_late) {
            std::memcpy(kept, features, plan->input.width * sizeof(float));
            features = kept;
        }
        values[0].set(features, plan->input.width);
    }
    void count_wait() {
        if (waited <= float(plan->longest_wait)) ++waited;
    }
    void end() {
        parity ^= 1;
        answered = false;
        if (++steps % steps_between_looks == 0) drop_tiny_states();
    }

    [[gnu::noinline, gnu::cold]] void drop_tiny_states() {
        if (fixed) return;
        for (std::uint32_t i = 0; i < plan->body; ++i) {
            const Layer& layer = plan->layers[i];
            Layers::with(layer.kind, [&]<class L> {
                L::for_each_state(layer, numbers, parity, [&](float* state, std::uint32_t units) {
                    plan->kernels->drop_tiny(state, units, state);
                });
            });
        }
    }

    /// One step; a masked one changes nothing.
    template <class In> Status step(In input) {
        if (const Status status = check(input); status != Status::ok) return status;
        if (masked(input)) return Status::ok;
        begin(input);
        run(0, plan->body);
        end();
        return Status::ok;
    }

    /// Makes what outlives all resets.
    void make_constants() {
        std::memset(numbers, 0, plan->constants * sizeof(float));
        for (std::uint32_t i = 0; i < plan->count; ++i)
            if (const Layer& layer = plan->layers[i]; layer.has_offsets)
                fill_offsets(layer, offsets_in(layer, numbers));
    }

    /// The output of the last layer of the body in zero state.
    void clear() {
        parity = steps = 0;
        waited = 0;
        answered = false;
        if (fixed) return fixed->clear();
        std::memset(numbers + plan->constants, 0, (plan->numbers - plan->constants) * sizeof(float));
        rest();
    }

    /// Makes the values those between steps: states, and outputs as they lie.
    void rest() {
        values[0].set(numbers + plan->features, plan->input.width);
        for (std::uint32_t i = 0; i < plan->count; ++i) {
            const Layer& layer = plan->layers[i];
            if (layer.kind == schema::Kind::Slice) SliceLayer::step(layer, context(i), input_of(i), values[i + 1]);
            else if (layer.kind == schema::Kind::Masking) values[i + 1] = values[0];
            else
                values[i + 1].set(numbers + (layer.kind == schema::Kind::Recurrent ? layer.h[parity] : layer.output),
                                  layer.outputs);
        }
    }

    /// f(floats, count) for each vector of the saved state, in order; `f` may change it.
    template <class F> void for_each_state(F f) const {
        if (plan->longest_wait) f(const_cast<float*>(&waited), 1);
        if (is_input_kept(*plan)) f(const_cast<float*>(values[0].x), plan->input.width);
        for (std::uint32_t i = 0; i < plan->body; ++i) {
            const Layer& layer = plan->layers[i];
            Layers::with(layer.kind, [&]<class L> { L::for_each_state(layer, numbers, parity, f); });
            if (is_kept(*plan, layer)) f(const_cast<float*>(values[i + 1].x), layer.outputs);
        }
    }
};

}  // namespace runnel
