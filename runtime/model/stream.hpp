/// What a session is behind its public face.
#pragma once
#include <cstring>

#include "layers/activate.hpp"
#include "layers/dense.hpp"
#include "layers/embedding.hpp"
#include "layers/recurrent.hpp"
#include "plan.hpp"

namespace runnel {

/// A session as it lies in the caller's block: this head, then the numbers:
///     state of all recurrent layers | output of even layers | output of odd layers | scratch
/// each part beginning at a multiple of 64 bytes.
struct alignas(64) Stream : Session {
    const Plan* plan;
    float* numbers;
    Input answer;              ///< of the last recurrent layer, until `answered`; then of the model
    std::uint64_t saturated;   ///< values since the start that were outside their quantized range
    std::uint8_t parity;       ///< which h of each recurrent layer is the current one
    bool answered;

    static constexpr std::size_t rounded(std::size_t floats) { return padded_to(floats, 16); }
    static std::size_t count(const Plan& p) {
        return rounded(p.state_floats) + 2 * rounded(p.work_floats) + rounded(p.scratch_floats);
    }
    float* work(std::uint32_t layer) const {
        return numbers + rounded(plan->state_floats) + layer % 2 * rounded(plan->work_floats);
    }
    float* scratch() const { return numbers + rounded(plan->state_floats) + 2 * rounded(plan->work_floats); }

    /// Runs the layers [from, to) on `answer`, which becomes the last one's output.
    void run(std::uint32_t from, std::uint32_t to) {
        const Kernels& kernels = *plan->kernels;
        for (std::uint32_t i = from; i < to; ++i) {
            const Layer& layer = plan->layers[i];
            switch (layer.kind) {
                case Layer::Kind::embedding: embedding::step(layer, kernels, answer, work(i)); break;
                case Layer::Kind::recurrent:
                    recurrent::step(layer, kernels, answer, numbers, parity, scratch(), saturated);
                    break;
                case Layer::Kind::dense: dense::step(layer, kernels, answer, work(i), scratch(), saturated); break;
                case Layer::Kind::activate: activate::step(layer, kernels, answer, work(i)); break;
            }
        }
    }

    /// One step of `columns` values that meet the columns from `first` on.
    void advance(const float* x, std::uint32_t first, std::uint32_t columns) {
        answer.set(x, columns);
        answer.first = first;
        run(0, plan->body);
        parity ^= 1;
        answered = false;
    }

    /// The output of the last layer of the body in zero state.
    void clear() {
        std::memset(numbers, 0, count(*plan) * sizeof(float));
        parity = 0;
        answered = false;
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
