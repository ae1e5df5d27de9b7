/// What a session is behind its public face.
#pragma once
#include <cstring>

#include "layers/activate.hpp"
#include "layers/dense.hpp"
#include "layers/embedding.hpp"
#include "layers/recurrent.hpp"
#include "fixed_stream.hpp"
#include "plan.hpp"

namespace runnel {

/// A session as it lies in the caller's block: this head, then the numbers:
///     constants | state of all recurrent layers | output of even layers | output of odd layers | scratch
/// each part beginning at a multiple of 64 bytes, and a counter for each layer. Over a fixed model, it is this head and
/// a FixedStream.
struct alignas(64) Stream : Session {
    const Plan* plan;
    float* numbers;
    FixedStream* fixed;        ///< null: the model has floats
    Input answer;              ///< of the last recurrent layer, until `answered`; then of the model
    std::uint64_t* saturated;  ///< of each layer: values since the start that were outside their quantized range
    std::uint8_t parity;       ///< which h of each recurrent layer is the current one
    bool answered;

    static constexpr std::size_t rounded(std::size_t floats) { return padded_to(floats, 16); }
    static std::size_t bytes(const Plan& p) {
        if (p.fixed) return sizeof(Stream) + FixedStream::bytes(p);
        return before_counters(p) + padded_to(p.count * sizeof(std::uint64_t), 64);
    }
    static std::size_t before_counters(const Plan& p) { return sizeof(Stream) + count(p) * sizeof(float); }
    /// Of a layer of the file: of a Masking, which the plan's layers leave out, none.
    std::uint64_t saturations(std::uint32_t layer) const {
        if (fixed) return fixed->saturations(layer);
        const std::uint32_t left_out = plan->file->layers()->size() - plan->count;
        return layer < left_out ? 0 : saturated[layer - left_out];
    }
    static std::size_t count(const Plan& p) {
        return before_work(p) + 2 * rounded(p.work_floats) + rounded(p.scratch_floats);
    }
    static std::size_t before_work(const Plan& p) { return rounded(p.constant_floats) + rounded(p.state_floats); }
    float* work(std::uint32_t layer) const {
        return numbers + before_work(*plan) + layer % 2 * rounded(plan->work_floats);
    }
    float* scratch() const { return numbers + before_work(*plan) + 2 * rounded(plan->work_floats); }

    /// Runs the layers [from, to) on `answer`, which becomes the last one's output.
    void run(std::uint32_t from, std::uint32_t to) {
        const Kernels& kernels = *plan->kernels;
        for (std::uint32_t i = from; i < to; ++i) {
            const Layer& layer = plan->layers[i];
            switch (layer.kind) {
                case Layer::Kind::embedding: embedding::step(layer, kernels, answer, work(i)); break;
                case Layer::Kind::recurrent:
                    recurrent::step(layer, kernels, answer, numbers, parity, scratch(), saturated[i]);
                    break;
                case Layer::Kind::dense:
                    dense::step(layer, kernels, answer, numbers, work(i), scratch(), saturated[i]);
                    break;
                case Layer::Kind::activate: activate::step(layer, kernels, answer, work(i)); break;
            }
        }
    }

    /// Whether a step may take this input. Nothing has changed yet.
    Status check(std::uint32_t token) const {
        if (!plan->takes_tokens && !plan->one_hot) return Status::wrong_input;
        return token < plan->inputs ? Status::ok : Status::token_out_of_range;
    }
    Status check(const float* features) const {
        if (plan->takes_tokens) return Status::wrong_input;
        return plan->kernels->all_finite(features, plan->inputs) ? Status::ok : Status::not_finite;
    }

    /// Whether a step of this input changes nothing.
    bool masked(std::uint32_t token) const { return token == 0 && plan->mask_zero; }
    bool masked(const float* features) const {
        bool all = plan->has_mask_value;
        for (std::uint32_t i = 0; all && i < plan->inputs; ++i) all = features[i] == plan->mask_value;
        return all;
    }

    /// Makes the input what the first layer reads. (A fixed model makes its whole step here: it has no layers to run.)
    void begin(std::uint32_t token) {
        if (fixed) return fixed->step(token);
        static constexpr float one = 1.0f;
        answer.set(&one, 1);
        answer.first = token;
    }
    void begin(const float* features) {
        if (fixed) return fixed->step(features);
        answer.set(features, plan->inputs);
    }
    void end() {
        parity ^= 1;
        answered = false;
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
        std::memset(numbers, 0, plan->constant_floats * sizeof(float));
        for (std::uint32_t i = 0; i < plan->count; ++i)
            if (const Layer& layer = plan->layers[i]; layer.has_offsets)
                fill_offsets(layer, offsets_in(layer, numbers));
    }

    /// The output of the last layer of the body in zero state.
    void clear() {
        parity = 0;
        answered = false;
        if (fixed) return fixed->clear();
        const std::size_t kept = plan->constant_floats;
        std::memset(numbers + kept, 0, (count(*plan) - kept) * sizeof(float));
        answer = resting();
    }

    /// The body's output between steps.
    Input resting() const {
        const Layer& last = plan->layers[plan->body - 1];
        return {last.kind == Layer::Kind::recurrent ? recurrent::h(last, numbers, parity) : work(plan->body - 1), 0,
                last.outputs};
    }
};

}  // namespace runnel
