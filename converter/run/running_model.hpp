/// A graph run by the runtime itself, which shows the output of every layer.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "common/sequences.hpp"
#include "graph/stored.hpp"
#include "runnel/runnel.hpp"
#include "write/pack.hpp"

namespace runnel::converter {

/// Whether a layer puts out values of its own: a Masking does not, nor an embedding that is projected or fixed.
bool has_output(const StoredGraph& stored, std::size_t layer);

class RunningModel {
public:
    /// Throws Error if the runtime refuses the graph.
    explicit RunningModel(const StoredGraph& stored);
    RunningModel(const RunningModel&) = delete;
    RunningModel& operator=(const RunningModel&) = delete;

    const Model& model() const { return model_; }
    /// To step without looking at the layers.
    Session& session() { return *session_; }
    std::size_t file_bytes() const { return file_.bytes().size(); }

    /// Back to zero state.
    void reset();
    [[nodiscard]] Status step(std::uint32_t token);
    [[nodiscard]] Status step(const float* features, std::size_t count);

    /// Whether the last step was masked, and so changed nothing.
    bool masked() const { return masked_; }
    /// What the layer puts out after the last of the steps above; empty where it has no output.
    std::span<const float> output(std::size_t layer) const { return outputs_[layer]; }
    std::span<const float> output() const { return outputs_.back(); }

private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };

    Status stepped(Status status);

    FileImage file_;
    Model model_;
    std::vector<Line> block_;
    Session* session_ = nullptr;
    std::vector<std::vector<float>> outputs_;
    std::vector<float*> taps_;  ///< into them; null: no output
    bool masked_ = false;
    bool fresh_ = true;  ///< no step has been made since the reset that was not masked
};

/// Runs every `stride`th sequence through two models side by side, each from zero state, and calls f(sequence, step)
/// after each step.
template <class F>
void for_each_step(const npy::File& input, RunningModel& first, RunningModel& second, F f, std::size_t stride = 1) {
    Sequences sequences(input.array(), input.path(), first.model().info());
    for (std::size_t n = 0; n < sequences.count(); n += stride) {
        first.reset(), second.reset();
        for (std::size_t t = 0; t < sequences.steps(); ++t) {
            sequences.step(first, n, t);
            sequences.step(second, n, t);
            f(n, t);
        }
    }
}

}  // namespace runnel::converter
