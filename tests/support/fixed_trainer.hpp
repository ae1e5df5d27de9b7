/// A trainer over a fixed model.
#pragma once
#include <doctest/doctest.h>

#include <memory>

#include "runnel/fixed_model.hpp"
#include "support/block.hpp"

namespace runnel::test {

/// With the model's parameters, to predict up to `batch` sequences of up to `steps` steps on the model's own
/// instruction set; it trains nothing.
class FixedTrainer {
public:
    FixedTrainer(const Model& model, std::uint32_t steps, std::uint32_t batch = 1) {
        const FixedNetwork network = fixed_network(model);
        const training::Specification specification = {.layers = network.layers,
                                                       .layer_count = network.layer_count,
                                                       .batch = batch,
                                                       .steps = steps,
                                                       .scope = training::Scope::none,
                                                       .weight_bits = network.weight_bits,
                                                       .isa = model.info().isa};
        std::size_t bytes = 0;
        REQUIRE(training::Trainer::bytes(specification, bytes) == training::Status::ok);
        block_ = std::make_unique<Block>(bytes);
        REQUIRE(training::Trainer::create(specification, block_->data(), bytes, trainer_) == training::Status::ok);
        REQUIRE(load_parameters(model, *trainer_) == training::Status::ok);
    }

    training::Trainer& operator*() { return *trainer_; }
    training::Trainer* operator->() { return trainer_; }

private:
    std::unique_ptr<Block> block_;
    training::Trainer* trainer_ = nullptr;
};

}  // namespace runnel::test
