#include <doctest/doctest.h>

#include "gradients.hpp"
#include "self_test.hpp"
#include "support/isa.hpp"

using namespace twin;

// Built with the sanitizers, an overflow would end the test.
TEST_CASE("30 epochs of SGD 0.3 with momentum 0.9 stay within their ranges") {
    const Layer nets[3][4] = {{embedding(500, 16), gru(8), dense(1, Function::sigmoid)},
                              {embedding(500, 16), lstm(8), lstm(8), dense(1, Function::sigmoid)},
                              {one_hot(500), simple_rnn(8), dense(1, Function::sigmoid)}};
    const uint32_t layer_counts[] = {3, 4, 3};
    for (int net = 0; net < 3; ++net)
        for (uint32_t batch : {1u, 64u}) {
            CAPTURE(net);
            CAPTURE(batch);
            const Specification spec = {.layers = nets[net],
                                        .layer_count = layer_counts[net],
                                        .batch = batch,
                                        .steps = self_test::steps,
                                        .optimizer = Optimizer::sgd,
                                        .learning_rate = fraction<28>(0.3),
                                        .momentum = uint16_t(fraction<15>(0.9)),
                                        .isa = runnel::test::forced_isa()};
            Owned trainer(spec);
            REQUIRE(trainer.status == Status::ok);
            REQUIRE(load(*trainer.trainer, initial(spec, 2)));
            std::vector<uint16_t> tokens(size_t(batch) * self_test::steps);
            std::vector<int32_t> targets(batch);
            constexpr uint32_t sequences = 1280;
            Result result;
            for (uint32_t epoch = 0; epoch < 30; ++epoch)
                for (uint32_t first = 0; first < sequences; first += batch == 1 ? 16 : batch)
                    REQUIRE(self_test::train(*trainer.trainer, first, batch, tokens.data(), targets.data(), result) ==
                            Status::ok);
            // What the network has come to be may be good or bad; its answers are probabilities, its loss is finite.
            Result final;
            const Batch last = {
                .tokens = tokens.data(), .targets = targets.data(), .count = batch, .steps = self_test::steps};
            REQUIRE(trainer->evaluate(last, final) == Status::ok);
            CHECK(final.count == batch);
            CHECK(final.loss >= 0);
            std::vector<int32_t> answers(batch);
            REQUIRE(trainer->predict(last, answers.data()) == Status::ok);
            for (int32_t p : answers) CHECK((p >= 0 && p <= 65536));
            MESSAGE("saturations: pre-activations ", trainer->saturations().preactivations, ", states ",
                    trainer->saturations().states, ", weights ", trainer->saturations().weights);
        }
}
