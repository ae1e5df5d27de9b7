#include "fit.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "common/timing.hpp"

namespace runnel {
namespace {

/// Sequences evaluated between two looks at the observer.
constexpr std::uint32_t evaluated_together = 1024;

std::optional<Measure> evaluate(Learner& learner, const Part& part, FitObserver& observer,
                                const training::Result& trained) {
    training::Result result;
    const bool whole = part.for_batches(evaluated_together, [&](const training::Batch& batch) {
        learner.evaluate(batch, result);
        return observer.advance(batch, trained);
    });
    if (!whole) return std::nullopt;
    return Measure(result);
}

}  // namespace

Measure::Measure(const training::Result& result)
    : loss(std::ldexp(static_cast<double>(result.loss), -20) / result.count),
      accuracy(static_cast<double>(result.correct) / result.count),
      correct(result.correct),
      count(result.count) {}

std::optional<Measure> measure(Learner& learner, const Part& part, FitObserver& observer) {
    return evaluate(learner, part, observer, {});
}

Fitted fit(Learner& learner, Part training, const std::optional<Part>& validation, const FitOptions& options,
           FitObserver& observer) {
    Fitted fitted;
    std::mt19937_64 random(options.seed);
    for (std::uint32_t number = 1; number <= options.epochs && !fitted.stopped; ++number) {
        observer.begin_epoch(number);
        std::shuffle(training.order.begin(), training.order.end(), random);
        const auto start = Clock::now();
        training::Result trained;
        fitted.stopped = !training.for_batches(options.batch, [&](const training::Batch& batch) {
            learner.train(batch, trained);
            return observer.advance(batch, trained);
        });
        if (fitted.stopped) break;
        Epoch epoch{number, Measure(trained), std::nullopt, 0};
        if (validation) {
            epoch.validation = evaluate(learner, *validation, observer, trained);
            fitted.stopped = !epoch.validation;
            if (fitted.stopped) break;
        }
        epoch.seconds = nanoseconds(Clock::now() - start) / 1e9;
        const bool best = validation && (fitted.best_epoch == 0 || epoch.validation->loss < fitted.best_loss);
        if (best) {
            fitted.best_epoch = number;
            fitted.best_loss = epoch.validation->loss;
            learner.keep();
        }
        fitted.history.push_back(epoch);
        if (best || !validation) observer.improved(fitted);
        observer.end_epoch(epoch);
        if (validation && options.patience > 0 && number - fitted.best_epoch >= options.patience) break;
    }
    if (fitted.best_epoch > 0 && (options.restore_best || fitted.stopped)) learner.restore();
    return fitted;
}

}  // namespace runnel
