#include <doctest/doctest.h>

#include <string>

#include "examples.hpp"
#include "gradients.hpp"
#include "networks.hpp"
#include "support/isa.hpp"

using namespace twin;

namespace {

constexpr uint32_t steps = 40;

Specification still(const Network& network, uint32_t batch) {
    Specification spec = network.specification(batch, steps);
    spec.optimizer = Optimizer::sgd;
    spec.learning_rate = 1;  // 2^-28: too little to change a weight by more than its rounding
    spec.isa = runnel::test::forced_isa();
    return spec;
}

/// Trains for a while, so that gates and states leave their start.
void warm(Trainer& trainer, const Network& network, uint32_t batch) {
    for (uint32_t i = 0; i < 200; ++i) {
        const Examples examples(network.specification(batch, steps), batch, 100 + i % 4);
        Result result;
        REQUIRE(trainer.train(examples.batch, result) == Status::ok);
    }
}

void check(const Network& network, uint32_t batch, bool trained) {
    INFO(std::string(network.name));
    CAPTURE(batch);
    CAPTURE(trained);
    Specification spec = still(network, batch);
    if (trained) {
        spec.optimizer = Optimizer::rmsprop;
        spec.learning_rate = fraction<28>(0.001);
    }
    Owned trainer(spec);
    REQUIRE(trainer.status == Status::ok);
    REQUIRE(load(*trainer.trainer, initial(spec, 7)));
    if (trained) {
        warm(*trainer.trainer, network, batch);
        REQUIRE(trainer->set_learning_rate(1) == Status::ok);
    }
    Twin<double> reference(spec);
    copy(*trainer.trainer, reference);
    reference.training = true;
    reference.update_count = trainer->step();
    const Examples examples(spec, batch, 3);
    const auto gradients = gradients_of(*trainer.trainer, examples.batch);
    double loss = 0;
    for (uint32_t i = 0; i < batch; ++i) loss += reference.run(examples.batch, i, 1, true);
    for (size_t i = 0; i < gradients.size(); ++i) {
        CAPTURE(i);
        const std::vector<double> expected(reference.tensors[i].g.begin(), reference.tensors[i].g.end());
        double own = 0, theirs = 0;
        for (double v : gradients[i]) own += v * v;
        for (double v : expected) theirs += v * v;
        CHECK(cosine(gradients[i], expected) >= 0.9999);
        CHECK(std::sqrt(own) == doctest::Approx(std::sqrt(theirs)).epsilon(0.02));
    }

    reference.training = false;
    Result result;
    REQUIRE(trainer->evaluate(examples.batch, result) == Status::ok);
    loss = 0;
    for (uint32_t i = 0; i < batch; ++i) loss += reference.run(examples.batch, i, 1, false);
    CHECK(result.count == batch);
    CHECK(std::ldexp(double(result.loss), -20) / batch == doctest::Approx(loss / batch).epsilon(1e-3));
}

}  // namespace

TEST_CASE("the twin's analytic gradient is the finite difference of its loss") {
    for (const Network& network : networks()) {
        if (network.truncate) continue;  // a truncated gradient is not the loss's
        INFO(std::string(network.name));
        const Specification spec = still(network, 3);
        const Examples examples(spec, 3, 5);
        Twin<double> t(spec);
        t.training = true;
        const auto parameters = initial(spec, 11);
        for (size_t i = 0; i < parameters.size(); ++i) t.tensors[i].w = parameters[i];
        auto loss = [&](bool learn) {
            double sum = 0;
            for (uint32_t i = 0; i < 3; ++i) sum += t.run(examples.batch, i, 1, learn);
            return sum;
        };
        t.clear_gradients();
        loss(true);
        for (auto& tensor : t.tensors) {
            std::vector<double> difference, analytic;
            for (size_t k = 0; k < tensor.w.size(); k += 1 + tensor.w.size() / 25) {
                const double w = tensor.w[k], step = 1e-5;
                tensor.w[k] = w + step;
                const double above = loss(false);
                tensor.w[k] = w - step;
                difference.push_back((above - loss(false)) / (2 * step));
                tensor.w[k] = w;
                analytic.push_back(tensor.g[k]);
            }
            CHECK(cosine(difference, analytic) >= 0.999999);
        }
    }
}

TEST_CASE("integer gradients against float64: fresh networks") {
    for (const Network& network : networks())
        for (uint32_t batch : {1u, 24u}) check(network, batch, false);
}

TEST_CASE("integer gradients against float64: trained networks") {
    for (const Network& network : networks())
        for (uint32_t batch : {1u, 24u}) check(network, batch, true);
}
