/// Training in epochs, as Keras' Model.fit with its EarlyStopping does it (https://keras.io/api/models).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "examples.hpp"

namespace runnel {

/// A network that learns. Failures are exceptions.
class Learner {
public:
    virtual ~Learner() = default;
    /// One update; adds the result of the parameters before it.
    virtual void train(const training::Batch& batch, training::Result& result) = 0;
    virtual void evaluate(const training::Batch& batch, training::Result& result) = 0;
    /// Keeps the parameters as they are, in the place of those kept before; brings them back.
    virtual void keep() = 0;
    virtual void restore() = 0;
};

/// Means over sequences. `accuracy`: 0 for losses that have none.
struct Measure {
    double loss = 0, accuracy = 0;
    std::uint32_t correct = 0, count = 0;

    Measure() = default;
    explicit Measure(const training::Result& result);
};

struct Epoch {
    std::uint32_t number;  ///< from 1
    Measure training;      ///< each batch before its update
    std::optional<Measure> validation;
    double seconds;
};

struct FitOptions {
    std::uint32_t batch = 32;
    std::uint32_t epochs = 1;
    std::uint32_t patience = 0;  ///< epochs without a smaller validation loss after which training stops; 0: never
    bool restore_best = false;   ///< end with the parameters of the smallest validation loss
    std::uint64_t seed = 1;      ///< of the order of the sequences, drawn anew each epoch
};

struct Fitted {
    std::vector<Epoch> history;
    std::uint32_t best_epoch = 0;  ///< of the smallest validation loss; 0: none
    double best_loss = 0;
    bool stopped = false;  ///< by the observer
};

/// Told of the progress.
class FitObserver {
public:
    virtual ~FitObserver() = default;
    virtual void begin_epoch(std::uint32_t /*number*/) {}
    /// After each batch, of training and validation; `trained`: of this epoch so far. Returns whether to go on.
    virtual bool advance(const training::Batch& /*batch*/, const training::Result& /*trained*/) { return true; }
    /// After an epoch that is the best so far, or after each where nothing is validated: it is the last of `so_far`,
    /// and the learner has its parameters.
    virtual void improved(const Fitted& /*so_far*/) {}
    virtual void end_epoch(const Epoch&) {}
};

/// Trains. Stopped by the observer, it ends with the parameters of the best epoch if one was validated, else as they
/// are.
Fitted fit(Learner& learner, Part training, const std::optional<Part>& validation, const FitOptions& options,
           FitObserver& observer);

/// Loss and accuracy; empty where the observer stopped it.
std::optional<Measure> measure(Learner& learner, const Part& part, FitObserver& observer);

}  // namespace runnel
