#include <doctest/doctest.h>

#include <string>

#include "examples.hpp"
#include "gradients.hpp"
#include "networks.hpp"
#include "self_test.hpp"
#include "support/isa.hpp"

using namespace twin;

namespace {

uint32_t hash_after(Specification spec, const char* isa, uint32_t updates) {
    spec.isa = isa;
    Owned trainer(spec);
    REQUIRE(trainer.status == Status::ok);
    std::vector<int16_t> buffer(self_test::vocabulary * 16);
    REQUIRE(self_test::initialize(*trainer.trainer, buffer.data()));
    std::vector<uint16_t> tokens(size_t(spec.batch) * self_test::steps);
    std::vector<int32_t> targets(spec.batch);
    for (uint32_t i = 0; i < updates; ++i) {
        Result result;
        REQUIRE(self_test::train(*trainer.trainer, i * spec.batch, spec.batch, tokens.data(), targets.data(), result) ==
                Status::ok);
    }
    return self_test::hash(*trainer.trainer);
}

}  // namespace

TEST_CASE("1,000 updates leave the same bits on every machine") {
    CHECK(hash_after(self_test::tutorial_one, runnel::test::forced_isa(), 1000) == self_test::tutorial_hash);
}

TEST_CASE("16 lanes: the same bits as the scalar kernels") {
    Specification spec = self_test::tutorial_one;
    spec.batch = 40;
    CHECK(hash_after(spec, runnel::test::forced_isa(), 100) == hash_after(spec, "scalar", 100));
}

TEST_CASE("every layer, loss and optimizer: the same bits as the scalar kernels") {
    for (const Network& network : networks())
        for (uint32_t batch : {1u, 20u})
            for (Optimizer optimizer : {Optimizer::sgd, Optimizer::rmsprop, Optimizer::adam})
                for (uint8_t weight_bits : {uint8_t(16), uint8_t(8)}) {
                    INFO(std::string(network.name));
                    CAPTURE(batch);
                    CAPTURE(int(optimizer));
                    CAPTURE(int(weight_bits));
                    Specification spec = network.specification(batch, 30);
                    spec.optimizer = optimizer;
                    spec.momentum = uint16_t(fraction<15>(0.9));
                    spec.decay = uint16_t(fraction<16>(optimizer == Optimizer::adam ? 0.001 : 0.1));
                    spec.learning_rate = fraction<28>(optimizer == Optimizer::sgd ? 0.05 : 0.003);
                    spec.weight_bits = weight_bits;
                    spec.clip_norm = fraction<20>(1.0);
                    const auto start = initial(spec, 5);
                    uint32_t hashes[2];
                    for (int i = 0; i < 2; ++i) {
                        spec.isa = i == 0 ? "scalar" : runnel::test::forced_isa();
                        Owned trainer(spec);
                        REQUIRE(trainer.status == Status::ok);
                        REQUIRE(load(*trainer.trainer, start));
                        for (uint32_t step = 0; step < 20; ++step) {
                            const Examples examples(spec, batch - step % 2 * (batch / 3), step);
                            Result result;
                            REQUIRE(trainer->train(examples.batch, result) == Status::ok);
                        }
                        hashes[i] = self_test::hash(*trainer.trainer);
                    }
                    CHECK(hashes[0] == hashes[1]);
                }
}

TEST_CASE("a batch's order in memory does not matter, only its order") {
    Specification spec = self_test::tutorial_one;
    spec.batch = 5;
    const Examples examples(spec, 5, 1);
    const uint32_t order[] = {4, 2, 0, 1, 3};
    uint32_t hashes[2];
    for (int i = 0; i < 2; ++i) {
        Owned trainer(spec);
        REQUIRE(load(*trainer.trainer, initial(spec, 5)));
        Batch batch = examples.batch;
        std::vector<uint16_t> tokens;
        std::vector<int32_t> targets;
        for (uint32_t k : order) {
            tokens.insert(tokens.end(), examples.tokens.begin() + k * spec.steps,
                          examples.tokens.begin() + (k + 1) * spec.steps);
            targets.push_back(examples.targets[k]);
        }
        if (i == 0) {
            batch.order = order;
        } else {
            batch.tokens = tokens.data();
            batch.targets = targets.data();
        }
        Result result;
        REQUIRE(trainer->train(batch, result) == Status::ok);
        hashes[i] = self_test::hash(*trainer.trainer);
    }
    CHECK(hashes[0] == hashes[1]);
}
