/// The integer trainer as a network that learns.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "fit.hpp"

namespace runnel {

/// Owns a trainer's block. Throws std::runtime_error where the trainer refuses something.
class FixedLearner : public Learner {
public:
    /// With zero parameters.
    explicit FixedLearner(const training::Specification& spec);

    training::Trainer& trainer() { return *trainer_; }
    const training::Trainer& trainer() const { return *trainer_; }
    /// Size of the trainer's block.
    std::size_t bytes() const { return bytes_; }

    void train(const training::Batch& batch, training::Result& result) override;
    void evaluate(const training::Batch& batch, training::Result& result) override;
    void keep() override { kept_ = saved(); }
    void restore() override { trainer_->restore(kept_.data()); }
    /// The parameters, as Trainer::save writes them.
    std::vector<unsigned char> saved() const;

private:
    struct Free {
        void operator()(unsigned char* block) const;
    };

    std::size_t bytes_ = 0;
    std::unique_ptr<unsigned char[], Free> block_;
    training::Trainer* trainer_ = nullptr;
    std::vector<unsigned char> kept_;
};

/// Throws std::runtime_error with the status' message unless it is ok.
void check(training::Status status);

}  // namespace runnel
