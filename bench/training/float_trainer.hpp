/// Training in float32, as far as it can be the same as the trainer's: network, start, order, dropout masks, RMSprop.
#pragma once
#include <cmath>

#include "fit.hpp"
#include "runtime/trainer/float_twin.hpp"

namespace runnel::bench {

class FloatTrainer : public Learner {
public:
    FloatTrainer(const training::Specification& spec, const std::vector<std::vector<double>>& parameters)
        : twin_(spec), rate_(float(std::ldexp(spec.learning_rate, -28))), decay_(float(std::ldexp(spec.decay, -16))) {
        for (size_t i = 0; i < parameters.size(); ++i)
            twin_.tensors[i].w.assign(parameters[i].begin(), parameters[i].end());
    }

    void train(const training::Batch& batch, training::Result& result) override {
        twin_.training = true;
        twin_.clear_gradients();
        run(batch, result, true);
        for (auto& t : twin_.tensors)
            for (size_t i = 0; i < t.w.size(); ++i) {
                if (t.table && !t.touched[i / t.columns]) continue;  // only the rows of the batch's tokens
                const float g = t.g[i] / float(batch.count);
                t.moment[i] += decay_ * (g * g - t.moment[i]);
                t.w[i] -= rate_ * g / (std::sqrt(t.moment[i]) + 1e-7f);
            }
        ++twin_.update_count;
    }
    void evaluate(const training::Batch& batch, training::Result& result) override {
        twin_.training = false;
        run(batch, result, false);
    }
    void keep() override {
        kept_.clear();
        for (const auto& t : twin_.tensors) kept_.push_back(t.w);
    }
    void restore() override {
        for (size_t i = 0; i < kept_.size(); ++i) twin_.tensors[i].w = kept_[i];
    }

private:
    void run(const training::Batch& batch, training::Result& result, bool learn) {
        constexpr uint32_t lanes = twin::Twin<twin::Floats>::lanes;
        for (uint32_t first = 0; first < batch.count; first += lanes) {
            const uint32_t used = std::min(lanes, batch.count - first);
            result.loss += int64_t(std::ldexp(twin_.run(batch, first, used, learn, &result.correct), 20));
            result.count += used;
        }
    }

    twin::Twin<twin::Floats> twin_;
    float rate_, decay_;
    std::vector<std::vector<float>> kept_;
};

}  // namespace runnel::bench
