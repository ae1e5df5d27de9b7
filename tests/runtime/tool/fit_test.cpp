#include "fit.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>

using namespace runnel;

namespace {

/// Learns nothing: its validation losses are written beforehand, its parameters are the number of epochs begun.
class Scripted : public Learner {
public:
    explicit Scripted(std::vector<double> losses) : losses_(std::move(losses)) {}

    void train(const training::Batch& batch, training::Result& result) override {
        batches.push_back(batch.count);
        for (std::uint32_t i = 0; i < batch.count; ++i) seen.push_back(batch.order[i]);
        add(batch.count, 1.0, 1, result);
        if (seen.size() % 10 == 0) ++parameters;
    }
    void evaluate(const training::Batch& batch, training::Result& result) override {
        add(batch.count, losses_.at(parameters - 1), 2, result);
    }
    void keep() override { kept_ = parameters; }
    void restore() override { parameters = kept_; }

    std::size_t parameters = 0;
    std::vector<std::uint32_t> batches, seen;

private:
    static void add(std::uint32_t count, double loss, std::uint32_t correct, training::Result& result) {
        result.loss += static_cast<std::int64_t>(loss * count * (1 << 20));
        result.count += count;
        result.correct += correct;
    }
    std::vector<double> losses_;
    std::size_t kept_ = 0;
};

/// Stops at a call of `advance`.
struct Stopper : FitObserver {
    explicit Stopper(int calls) : left(calls) {}
    bool advance(const training::Batch&, const training::Result&) override { return --left > 0; }
    int left;
};

/// 14 sequences of one token: ten to train with, four to validate with.
struct Data {
    Examples examples;
    Data() {
        examples.tokens.resize(14);
        examples.targets.resize(14);
        examples.count = 14;
        examples.steps = 1;
    }
    Part training() const { return Part(examples).part(0, 10); }
    Part validation() const { return Part(examples).part(10, 14); }
};

}  // namespace

TEST_CASE("an epoch meets each sequence once, in an order of its own that the seed gives") {
    const Data data;
    Scripted learner({}), same({}), other({});
    FitObserver nobody;
    fit(learner, data.training(), std::nullopt, {.batch = 4, .epochs = 2, .seed = 5}, nobody);
    fit(same, data.training(), std::nullopt, {.batch = 3, .epochs = 2, .seed = 5}, nobody);
    fit(other, data.training(), std::nullopt, {.batch = 4, .epochs = 2, .seed = 6}, nobody);
    CHECK(learner.batches == std::vector<std::uint32_t>{4, 4, 2, 4, 4, 2});
    const std::vector first(learner.seen.begin(), learner.seen.begin() + 10),
        second(learner.seen.begin() + 10, learner.seen.end());
    CHECK(std::set(first.begin(), first.end()) == std::set<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(std::set(second.begin(), second.end()).size() == 10);
    CHECK(first != second);
    CHECK(learner.seen == same.seen);
    CHECK(learner.seen != other.seen);
}

TEST_CASE("training stops when the validation loss has not fallen for so many epochs") {
    const Data data;
    FitObserver nobody;
    for (const bool restore : {false, true}) {
        Scripted learner({0.9, 0.8, 0.85, 0.8, 0.7, 0.75, 0.7, 0.7, 0.1});
        const Fitted fitted = fit(learner, data.training(), data.validation(),
                                  {.epochs = 100, .patience = 3, .restore_best = restore}, nobody);
        CHECK(fitted.history.size() == 8);
        CHECK(fitted.best_epoch == 5);
        CHECK(fitted.best_loss == doctest::Approx(0.7).epsilon(1e-5));
        CHECK(learner.parameters == (restore ? 5 : 8));
        CHECK_FALSE(fitted.stopped);
        CHECK(fitted.history[1].training.loss == doctest::Approx(1.0));
        CHECK(fitted.history[1].training.accuracy == doctest::Approx(0.1));
        CHECK(fitted.history[1].validation->loss == doctest::Approx(0.8).epsilon(1e-5));
        CHECK(fitted.history[1].validation->accuracy == doctest::Approx(0.5));
    }
    Scripted learner({0.9, 1.0, 1.0, 1.0});
    CHECK(fit(learner, data.training(), data.validation(), {.epochs = 4}, nobody).history.size() == 4);
    CHECK(learner.parameters == 4);
}

TEST_CASE("an observer stops training within an epoch, and the best epoch stays") {
    const Data data;
    // An epoch is three batches and one look at the validation.
    for (const int calls : {9, 10, 11, 12}) {
        CAPTURE(calls);
        Stopper stopper(calls);
        Scripted learner({0.5, 0.9, 0.9});
        const Fitted fitted = fit(learner, data.training(), data.validation(), {.batch = 4, .epochs = 5}, stopper);
        CHECK(fitted.stopped);
        CHECK(fitted.history.size() == 2);
        CHECK(learner.parameters == 1);
    }
    Stopper early(2);
    Scripted learner({0.5});
    const Fitted fitted = fit(learner, data.training(), data.validation(), {.batch = 4, .epochs = 5}, early);
    CHECK(fitted.stopped);
    CHECK(fitted.best_epoch == 0);
    CHECK(fitted.history.empty());
}

TEST_CASE("an observer is told of each epoch that is the best so far; of all where nothing is validated") {
    struct Noting : FitObserver {
        explicit Noting(Scripted& of) : learner(of) {}
        void improved(const Fitted& so_far) override {
            told.push_back(so_far.history.back().number);
            parameters.push_back(learner.parameters);
        }
        Scripted& learner;
        std::vector<std::size_t> told, parameters;
    };
    const Data data;
    const auto told = [&](const std::optional<Part>& validation) {
        Scripted learner({0.9, 0.8, 0.85, 0.8, 0.7});
        Noting noting(learner);
        fit(learner, data.training(), validation, {.epochs = 5}, noting);
        CHECK(noting.parameters == noting.told);
        return noting.told;
    };
    CHECK(told(data.validation()) == std::vector<std::size_t>{1, 2, 5});
    CHECK(told(std::nullopt) == std::vector<std::size_t>{1, 2, 3, 4, 5});
}

TEST_CASE("targets are sorted where they only rise or only fall") {
    const auto sorted = [](std::vector<std::int32_t> targets, std::uint32_t count) {
        Examples examples;
        examples.targets = std::move(targets);
        examples.count = count;
        return targets_sorted(examples);
    };
    CHECK(sorted({0, 0, 1, 1}, 4));
    CHECK(sorted({5, 3, 3, -1}, 4));
    CHECK_FALSE(sorted({0, 1, 0, 1}, 4));
    CHECK_FALSE(sorted({1, 1, 1}, 3));
    CHECK_FALSE(sorted({1}, 1));
    CHECK(sorted({1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 4));        // classes 0, 0, 1, 2
    CHECK_FALSE(sorted({1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1}, 4));  // classes 0, 2, 1, 2
}

TEST_CASE("sequences of different lengths go one by one") {
    Examples examples;
    examples.tokens = {7, 8, 9, 1, 2, 3};
    examples.starts = {0, 2, 3, 6};
    examples.targets = {10, 11, 20, 21, 30, 31};
    examples.count = 3;
    examples.steps = 3;
    std::vector<std::vector<std::uint16_t>> sequences;
    std::vector<std::int32_t> targets;
    Part(examples).for_batches(32, [&](const training::Batch& batch) {
        CHECK(batch.count == 1);
        CHECK(batch.order == nullptr);
        sequences.emplace_back(batch.tokens, batch.tokens + batch.steps);
        targets.insert(targets.end(), batch.targets, batch.targets + 2);
        return true;
    });
    CHECK(sequences == std::vector<std::vector<std::uint16_t>>{{7, 8}, {9}, {1, 2, 3}});
    CHECK(targets == examples.targets);
}
