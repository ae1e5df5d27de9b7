/// Random sequences and targets of the right kind for a network.
#pragma once
#include <random>
#include <vector>

#include "runnel/trainer.hpp"

namespace twin {

using namespace runnel::training;

struct Examples {
    std::vector<uint16_t> tokens;
    std::vector<int16_t> features;
    std::vector<int32_t> targets;
    Batch batch;

    /// Sequences of different lengths, padded in front with token 0.
    Examples(const Specification& spec, uint32_t count, uint32_t seed) {
        std::mt19937 random(seed);
        const Layer &first = spec.layers[0], &last = spec.layers[spec.layer_count - 1];
        const uint32_t steps = spec.steps;
        if (first.kind == Kind::features) {
            features.resize(size_t(count) * steps * first.units);
            for (int16_t& f : features) f = int16_t(int(random() % 8192) - 4096);
        } else {
            tokens.resize(size_t(count) * steps);
            for (uint32_t i = 0; i < count; ++i)
                for (uint32_t t = 0; t < steps; ++t)
                    tokens[size_t(i) * steps + t] = t < i % 12 ? uint16_t(0) : uint16_t(random() % first.tokens);
        }
        if (spec.loss == Loss::sparse_categorical_crossentropy) {
            for (uint32_t i = 0; i < count; ++i) targets.push_back(int32_t(random() % last.units));
        } else if (spec.loss == Loss::categorical_crossentropy) {
            targets.resize(size_t(count) * last.units);
            for (uint32_t i = 0; i < count; ++i) targets[size_t(i) * last.units + random() % last.units] = 65536;
        } else {
            for (uint32_t i = 0; i < count * last.units; ++i)
                targets.push_back(spec.loss == Loss::mean_squared_error ? int32_t(random() % 131072) - 65536
                                                                        : int32_t(random() & 1) * 65536);
        }
        batch = {.tokens = tokens.empty() ? nullptr : tokens.data(),
                 .features = features.empty() ? nullptr : features.data(),
                 .targets = targets.data(),
                 .count = count,
                 .steps = steps};
    }
};

}  // namespace twin
