// The bridge from a fixed model to the trainer.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/file.hpp"
#include "model/fixed_model.hpp"
#include "quantize/quantize.hpp"
#include "readers/keras.hpp"
#include "support/block.hpp"
#include "support/shared_data.hpp"
#include "write/pack.hpp"

using namespace runnel;

TEST_CASE("a fixed model in the trainer answers as Keras does, within quantization") {
    const auto graph = converter::keras::read_model(converter::read_file(test::golden("imdb_gru/imdb_gru.h5"))).graph;
    const auto cases = nlohmann::json::parse(std::ifstream(test::golden("imdb_gru/expected.json")));
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8}) {
        const converter::FileImage file =
            converter::pack(converter::quantize(graph, {.matrices = format}, nullptr), {});
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
        REQUIRE(is_fixed(model));
        const FixedNetwork network = fixed_network(model);
        CHECK(network.layer_count == 3);
        CHECK(network.weight_bits == (format == schema::Format::fixed ? 16 : 8));
        training::Specification specification = {.layers = network.layers,
                                                 .layer_count = network.layer_count,
                                                 .steps = 100,
                                                 .weight_bits = network.weight_bits};
        std::size_t bytes = 0;
        REQUIRE(training::Trainer::bytes(specification, bytes) == training::Status::ok);
        const test::Block block(bytes);
        training::Trainer* trainer = nullptr;
        REQUIRE(training::Trainer::create(specification, block.data(), bytes, trainer) == training::Status::ok);
        REQUIRE(load_parameters(model, *trainer) == training::Status::ok);
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
