/// A training that any machine can run: start and data come from the counter-based generator, so that the parameters
/// after it can be compared between machines by their hash. Freestanding.
#pragma once
#include "base/fixed_random.hpp"
#include "runnel/trainer.hpp"

namespace runnel::training::self_test {

inline constexpr uint32_t vocabulary = 500, steps = 100;

/// Uniform in [-limit, limit].
inline int32_t uniform(uint32_t key, uint32_t index, int32_t limit) {
    return int32_t((uint64_t(fixed::random_bits(key, index)) * uint32_t(2 * limit + 1)) >> 32) - limit;
}

/// `buffer` holds the largest tensor.
inline bool initialize(Trainer& trainer, int16_t* buffer) {
    for (uint32_t i = 0; i < trainer.parameters(); ++i) {
        const Parameter p = trainer.parameter(i);
        if (!p.weights) continue;
        const uint32_t key = fixed::mix(1000 + i);
        for (uint32_t k = 0; k < p.rows * p.columns; ++k)
            buffer[k] = int16_t(uniform(key, k, p.layer == 0 ? 1600 : 2800));
        if (trainer.set_weights(i, buffer, p.layer == 0 ? 15 : 13) != Status::ok) return false;
    }
    return true;
}

/// A "review": a tenth of its words lean to its label's side two times in three. Returns the label.
inline uint32_t sequence(uint32_t number, uint16_t* tokens) {
    const uint32_t key = fixed::mix(number * 2654435761u + 17);
    const uint32_t label = key & 1, padding = (key >> 1) % 40;
    for (uint32_t t = 0; t < steps; ++t) {
        const uint32_t r = fixed::random_bits(key, t);
        const uint32_t side = (r >> 8) % 3 < 2 ? label : 1 - label;
        tokens[t] = uint16_t(t < padding ? 0 : r % 10 == 0 ? (side ? 450 : 475) + (r >> 16) % 25 : 3 + (r >> 12) % 447);
    }
    return label;
}

inline uint32_t hash(const Trainer& trainer) {
    uint32_t h = 0;
    for (uint32_t i = 0; i < trainer.parameters(); ++i) {
        const Parameter p = trainer.parameter(i);
        for (uint32_t k = 0; k < p.rows * p.columns; ++k)
            h = fixed::mix(h ^ (p.weights ? uint32_t(uint16_t(p.weights[k])) : uint32_t(p.biases[k])));
        h = fixed::mix(h ^ uint32_t(p.bits));
    }
    return h;
}

/// One update from `count` sequences, the first of them being number `first`. `tokens` and `targets` hold the batch.
inline Status train(Trainer& trainer, uint32_t first, uint32_t count, uint16_t* tokens, int32_t* targets,
                    Result& result) {
    for (uint32_t i = 0; i < count; ++i) targets[i] = int32_t(sequence(first + i, tokens + i * steps) << 16);
    return trainer.train({.tokens = tokens, .targets = targets, .count = count, .steps = steps}, result);
}

/// The tutorial's network.
inline constexpr Layer tutorial[] = {embedding(vocabulary, 16), gru(8), dense(1, Function::sigmoid)};
inline constexpr Specification tutorial_one = {
    .layers = tutorial, .layer_count = 3, .batch = 1, .steps = steps, .learning_rate = fraction<28>(0.001)};

/// The hash after 1,000 updates of tutorial_one. It stands for nothing but itself: builds for different machines, which
/// cannot see one another, are compared through it.
inline constexpr uint32_t tutorial_hash = 0xad0a6115;

}  // namespace runnel::training::self_test
