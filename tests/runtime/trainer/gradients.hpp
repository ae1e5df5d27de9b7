/// The trainer's gradients of one batch as numbers, to be compared with the twin's.
#pragma once
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "initialize.hpp"
#include "trainer/layers.hpp"

namespace twin {

struct Free {
    void operator()(void* p) const { std::free(p); }
};

/// A trainer in a block of its own; null where the specification is refused.
struct Owned {
    std::unique_ptr<void, Free> block;
    Trainer* trainer = nullptr;
    size_t bytes = 0;
    Status status;

    explicit Owned(const Specification& spec) {
        status = Trainer::bytes(spec, bytes);
        if (status != Status::ok) return;
        block.reset(std::aligned_alloc(64, bytes));
        status = Trainer::create(spec, block.get(), bytes, trainer);
    }
    Trainer* operator->() const { return trainer; }
};

/// Sums over the batch, in the parameters' order. The trainer must have been given a learning rate that changes
/// nothing.
inline std::vector<std::vector<double>> gradients_of(Trainer& trainer, const Batch& batch) {
    Result result;
    if (trainer.train(batch, result) != Status::ok) std::abort();
    State& s = static_cast<State&>(trainer);
    std::vector<std::vector<double>> all(s.tensor_count);
    for (uint32_t i = 0; i < s.tensor_count; ++i) all[i].resize(s.tensors[i].size());
    visit_row_gradients(
        s, batch,
        [](State& inner, uint32_t token, const int32_t* g, int bits, void* to) {
            const runnel::training::Tensor& t = *inner.input.table;
            auto& gradient = (*static_cast<std::vector<std::vector<double>>*>(to))[size_t(&t - inner.tensors)];
            for (uint32_t k = 0; k < t.columns; ++k)
                gradient[size_t(token) * t.columns + k] += std::ldexp(double(g[k]), -bits);
        },
        &all);
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        const runnel::training::Tensor& t = s.tensors[i];
        if (&t == s.input.table) continue;
        const size_t rows = t.size() / t.gates;
        for (size_t k = 0; k < t.size(); ++k)
            all[i][k] = t.gradient_bits[k / rows] == runnel::fixed::zero_block
                            ? 0
                            : std::ldexp(double(t.gradient[k]) * t.gradient_scale / 16384, -t.gradient_bits[k / rows]);
    }
    return all;
}

inline double cosine(const std::vector<double>& a, const std::vector<double>& b) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa == 0 && bb == 0 ? 1 : ab / std::sqrt(aa * bb + 1e-300);
}

}  // namespace twin
