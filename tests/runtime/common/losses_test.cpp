// Expected values: Keras' formulas in NumPy, float64, from the same float32 probabilities.
#include "common/losses.hpp"

#include <array>
#include <cmath>
#include <doctest/doctest.h>

using runnel::Loss;
using runnel::Score;
using doctest::Approx;

namespace {

template <std::size_t n>
void add(Score& score, const std::array<float, n>& output, const std::array<double, n>& target) {
    score.add(output, std::span<const double>(target));
}

}  // namespace

TEST_CASE("binary cross-entropy clips at 1e-7; 0.5 is no yes") {
    Score score(Loss::bce);
    add<1>(score, {0.9f}, {1});
    CHECK(score.loss() == Approx(0.105360542).epsilon(1e-8));
    add<1>(score, {0.2f}, {0});
    add<1>(score, {0.5f}, {1});
    add<1>(score, {1.0f}, {0});
    add<1>(score, {0.0f}, {0});
    CHECK(score.loss() == Approx(3.427949405847).epsilon(1e-10));
    CHECK(*score.accuracy() == Approx(0.6));
    CHECK(score.answers() == 5);
}

TEST_CASE("binary cross-entropy of several outputs is their mean") {
    Score score(Loss::bce);
    add<3>(score, {0.7f, 0.1f, 0.6f}, {1, 1, 0});
    CHECK(score.loss() == Approx(1.191850276847).epsilon(1e-10));
    CHECK(*score.accuracy() == Approx(1.0 / 3));
}

TEST_CASE("categorical cross-entropy normalises, with classes as with one-hot targets") {
    Score sparse(Loss::categorical), one_hot(Loss::categorical);
    const std::array<float, 3> outputs[] = {{0.2f, 0.5f, 0.4f}, {0.1f, 0.1f, 0.8f}, {0.6f, 0.3f, 0.1f}};
    const std::array<double, 3> targets[] = {{0, 1, 0}, {1, 0, 0}, {1, 0, 0}};
    const std::size_t classes[] = {1, 0, 0};
    for (std::size_t i = 0; i < 3; ++i) {
        sparse.add(outputs[i], classes[i]);
        add(one_hot, outputs[i], targets[i]);
    }
    for (const Score* score : {&sparse, &one_hot}) {
        CHECK(score->loss() == Approx(1.200622694256).epsilon(1e-10));
        CHECK(*score->accuracy() == Approx(2.0 / 3));
    }
}

TEST_CASE("mean squared and mean absolute error have no accuracy") {
    for (const auto& [loss, expected] : {std::pair{Loss::mse, 2.390625}, {Loss::mae, 1.0625}}) {
        Score score(loss);
        add<2>(score, {1.5f, -2.0f}, {1, 1});
        add<2>(score, {0.25f, 4.0f}, {0, 3.5});
        CHECK(score.loss() == Approx(expected));
        CHECK_FALSE(score.accuracy());
    }
}

TEST_CASE("NaN is not hidden") {
    for (const Loss loss : {Loss::bce, Loss::categorical, Loss::mse, Loss::mae}) {
        Score score(loss);
        add<2>(score, {NAN, 0.5f}, {1, 0});
        CHECK(std::isnan(score.loss()));
    }
}

TEST_CASE("the usual loss of a model") {
    CHECK(runnel::usual_loss(1, "sigmoid") == Loss::bce);
    CHECK(runnel::usual_loss(4, "sigmoid") == Loss::bce);
    CHECK(runnel::usual_loss(1, "hard_sigmoid_keras3") == Loss::bce);
    CHECK(runnel::usual_loss(3, "softmax") == Loss::categorical);
    CHECK(runnel::usual_loss(1, "linear") == Loss::mse);
    CHECK(runnel::usual_loss(3, "relu") == Loss::mse);
}
