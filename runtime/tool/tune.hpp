/// What the parts of `runnel tune` share.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/losses.hpp"
#include "guard.hpp"
#include "runnel/trainer.hpp"

namespace runnel {

struct TuneOptions : CommonOptions {
    std::string patch;
    std::string inputs, targets;
    std::vector<std::string> validation, guard;  ///< inputs, targets
    double validation_split = 0;
    std::optional<std::uint64_t> shuffle_split;  ///< seed
    double guard_limit = 1;
    std::optional<GuardBy> guard_by;  ///< not given: as restore_best chooses, else the accuracy where there is one
    std::vector<std::string> texts, labels;
    std::optional<Loss> loss;
    training::Optimizer optimizer = training::Optimizer::rmsprop;
    training::Scope scope = training::Scope::all;
    std::vector<std::uint32_t> tokens;  ///< Scope::rows: those to learn; empty: all seen, or new words
    std::optional<double> learning_rate;
    double momentum = 0, clip_value = 0, clip_norm = 0;
    std::optional<std::uint32_t> batch;
    std::uint32_t epochs = 1, patience = 0, truncate = 0, seed = 1;
    bool restore_best = false, resume = false;
    std::string history, plot;
};

/// Trains and writes the patch. Throws where it did not.
void tune(const TuneOptions& options);

}  // namespace runnel
