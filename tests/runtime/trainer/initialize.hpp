/// Fresh parameters as Keras initialises them, the same for a trainer and its twin: uniform(+-0.05) for embeddings,
/// Glorot uniform for kernels, orthogonal for recurrent kernels, zero biases, 1 for the LSTM's forget gate.
#pragma once
#include <cmath>
#include <random>
#include <vector>

#include "float_twin.hpp"

namespace twin {

inline std::vector<double> orthogonal(uint32_t rows, uint32_t columns, std::mt19937_64& random) {
    // columns orthonormal: rows >= columns
    std::normal_distribution<double> normal;
    std::vector<double> w(size_t(rows) * columns);
    for (double& v : w) v = normal(random);
    for (uint32_t k = 0; k < columns; ++k) {
        for (uint32_t j = 0; j < k; ++j) {
            double d = 0;
            for (uint32_t r = 0; r < rows; ++r) d += w[r * columns + k] * w[r * columns + j];
            for (uint32_t r = 0; r < rows; ++r) w[r * columns + k] -= d * w[r * columns + j];
        }
        double norm = 0;
        for (uint32_t r = 0; r < rows; ++r) norm += w[r * columns + k] * w[r * columns + k];
        for (uint32_t r = 0; r < rows; ++r) w[r * columns + k] /= std::sqrt(norm);
    }
    return w;
}

/// Parameters in the trainer's order.
inline std::vector<std::vector<double>> initial(const Specification& spec, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::vector<double>> tensors;
    const Twin<double> shapes(spec);
    for (const auto& t : shapes.tensors) {
        const Layer& l = spec.layers[t.layer];
        std::vector<double> w(t.w.size());
        if (t.role == Role::recurrent) {
            w = orthogonal(t.rows, t.columns, random);
        } else if (t.role != Role::bias) {
            const double limit = t.role == Role::embeddings ? 0.05 : std::sqrt(6.0 / (t.rows + t.columns));
            std::uniform_real_distribution<double> uniform(-limit, limit);
            for (double& v : w) v = uniform(random);
        } else if (l.kind == Kind::lstm) {
            for (uint32_t u = l.units; u < 2 * l.units; ++u) w[u] = 1;
        }
        tensors.push_back(w);
    }
    return tensors;
}

/// Into a trainer: int16 with as many fraction bits as the largest number allows.
inline bool load(Trainer& trainer, const std::vector<std::vector<double>>& tensors) {
    for (uint32_t i = 0; i < trainer.parameters(); ++i) {
        const auto& w = tensors[i];
        if (trainer.parameter(i).weights) {
            double largest = 1e-9;
            for (double v : w) largest = std::fmax(largest, std::fabs(v));
            const int bits = std::min(14 + int(std::floor(-std::log2(largest))), 18);
            std::vector<int16_t> q(w.size());
            for (size_t k = 0; k < w.size(); ++k) q[k] = int16_t(std::lround(std::ldexp(w[k], bits)));
            if (trainer.set_weights(i, q.data(), bits) != Status::ok) return false;
        } else {
            std::vector<int32_t> q(w.size());
            for (size_t k = 0; k < w.size(); ++k) q[k] = int32_t(std::lround(std::ldexp(w[k], 26)));
            if (trainer.set_biases(i, q.data()) != Status::ok) return false;
        }
    }
    return true;
}

/// The trainer's parameters, as products see them.
inline std::vector<double> values(const Parameter& p) {
    std::vector<double> w(size_t(p.rows) * p.columns);
    for (size_t i = 0; i < w.size(); ++i) w[i] = std::ldexp(double(p.weights ? p.weights[i] : p.biases[i]), -p.bits);
    return w;
}

template <class V> void copy(const Trainer& trainer, Twin<V>& twin) {
    for (uint32_t i = 0; i < trainer.parameters(); ++i) {
        const auto w = values(trainer.parameter(i));
        twin.tensors[i].w.assign(w.begin(), w.end());
    }
}

}  // namespace twin
