// The bridge from a fixed model to the trainer.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/file.hpp"
#include "quantize/quantize.hpp"
#include "readers/readers.hpp"
#include "support/fixed_trainer.hpp"
#include "support/isa.hpp"
#include "support/shared_data.hpp"
#include "write/pack.hpp"

using namespace runnel;

TEST_CASE("a fixed model in the trainer answers as Keras does, within quantization") {
    const auto graph = converter::read_model(converter::read_file(test::golden("imdb_gru/imdb_gru.h5"))).graph;
    const auto cases = nlohmann::json::parse(std::ifstream(test::golden("imdb_gru/expected.json")));
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8}) {
        const converter::FileImage file =
            converter::pack(converter::quantize(graph, {.matrices = format}, nullptr), {});
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        REQUIRE(is_fixed(model));
        const FixedNetwork network = fixed_network(model);
        CHECK(network.layer_count == 3);
        CHECK(network.weight_bits == (format == schema::Format::fixed ? 16 : 8));
        test::FixedTrainer trainer(model, 100);
        for (const auto& example : cases) {
            const auto tokens = example.at("tokens").get<std::vector<std::uint16_t>>();
            const double expected = example.at("probabilities").back();
            std::int32_t answer = 0;
            REQUIRE(trainer->predict({.tokens = tokens.data(), .count = 1, .steps = std::uint32_t(tokens.size())},
                                     &answer) == training::Status::ok);
            CHECK(std::fabs(answer / 65536.0 - expected) < (format == schema::Format::fixed ? 1e-4 : 0.02));
        }
    }
}
