// The layout of the file, by the words of schemas/model.fbs.
#include "write/pack.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "base/checksum.hpp"
#include "error.hpp"
#include "support/random.hpp"

using namespace runnel;
using namespace runnel::converter;

namespace {

Recurrent recurrent(schema::Cell cell, std::size_t inputs, std::size_t units) {
    const std::size_t rows = gates(cell) * units;
    return {cell,
            units,
            Matrix(rows, inputs, test::uniform(rows * inputs, 1, 1)),
            Matrix(rows, units, test::uniform(rows * units, 1, 2)),
            test::uniform(bias_terms(cell) * units, 1, 3),
            {Function::tanh, 0},
            {Function::sigmoid, 0}};
}

Graph one_layer(decltype(converter::Layer::kind) kind) {
    Graph graph;
    graph.layers.push_back({"layer", 7, std::move(kind)});
    return graph;
}

float float_at(const std::uint8_t* bytes, std::size_t index) {
    float value;
    std::memcpy(&value, bytes + index * sizeof value, sizeof value);
    return value;
}

/// Units of one block: 16, or 8 for a last block of at most 8 units.
std::size_t width_of_block(std::size_t units, std::size_t block) {
    const std::size_t left = units - 16 * block;
    return left <= 8 ? 8 : 16;
}

}  // namespace

TEST_CASE("recurrent weights lie in blocks, gates beside each other, the input's columns first") {
    for (const auto cell : {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::lstm})
        for (const std::size_t units : {1, 7, 8, 9, 16, 20, 33}) {
            CAPTURE(units);
            constexpr std::size_t inputs = 5;
            const Recurrent r = recurrent(cell, inputs, units);
            const FileImage file = pack(one_layer(r), {});
            const auto& stored = *schema::GetModel(file.bytes().data())->layers()->Get(0)->kind_as_Recurrent();
            REQUIRE(reinterpret_cast<std::uintptr_t>(stored.packed()->data()) % 64 == 0);
            REQUIRE(reinterpret_cast<std::uintptr_t>(stored.bias()->data()) % 64 == 0);
            std::size_t at = 0, at_bias = 0;
            for (std::size_t block = 0; block * 16 < units; ++block) {
                const std::size_t width = width_of_block(units, block);
                const auto valid = [&](std::size_t lane) { return block * 16 + lane < units; };
                for (std::size_t column = 0; column < inputs + units; ++column)
                    for (std::size_t gate = 0; gate < gates(cell); ++gate)
                        for (std::size_t lane = 0; lane < width; ++lane, ++at) {
                            const std::size_t row = gate * units + block * 16 + lane;
                            const float expected = !valid(lane)      ? 0
                                                   : column < inputs ? r.input.at(row, column)
                                                                     : r.recurrent.at(row, column - inputs);
                            REQUIRE(float_at(stored.packed()->data(), at) == expected);
                        }
                for (std::size_t term = 0; term < bias_terms(cell); ++term)
                    for (std::size_t lane = 0; lane < width; ++lane, ++at_bias)
                        REQUIRE(stored.bias()->Get(static_cast<unsigned>(at_bias)) ==
                                (valid(lane) ? r.bias[term * units + block * 16 + lane] : 0));
            }
            CHECK(stored.packed()->size() == at * sizeof(float));
            CHECK(stored.bias()->size() == at_bias);
        }
}

TEST_CASE("GRU with the reset before the product holds the candidate's matrix behind that of z and r") {
    constexpr std::size_t inputs = 3, units = 9;
    const Recurrent r = recurrent(schema::Cell::gru_reset_before, inputs, units);
    const FileImage file = pack(one_layer(r), {});
    const auto* packed = schema::GetModel(file.bytes().data())->layers()->Get(0)->kind_as_Recurrent()->packed();
    constexpr std::size_t columns = inputs + units, width = 16;
    REQUIRE(packed->size() == 3 * columns * width * sizeof(float));
    CHECK(float_at(packed->data(), (0 * 2 + 1) * width + 4) == r.input.at(units + 4, 0));
    CHECK(float_at(packed->data(), 2 * columns * width + 2 * width + 4) == r.input.at(2 * units + 4, 2));
    CHECK(float_at(packed->data(), 2 * columns * width + (inputs + 5) * width + 8) == r.recurrent.at(2 * units + 8, 5));
}

TEST_CASE("the same graph gives the same bytes, with a checksum that holds") {
    const Graph graph = one_layer(recurrent(schema::Cell::gru, 4, 5));
    Metadata metadata;
    metadata.source_name = "model.h5";
    metadata.vocabulary = {"<pad>", "word"};
    const FileImage first = pack(graph, metadata), second = pack(graph, metadata);
    REQUIRE(first.bytes().size() == second.bytes().size());
    CHECK(std::memcmp(first.bytes().data(), second.bytes().data(), first.bytes().size()) == 0);

    const auto* model = schema::GetModel(first.bytes().data());
    CHECK(model->format_version() == 1);
    CHECK(schema::ModelBufferHasIdentifier(first.bytes().data()));
    CHECK(model->layers()->Get(0)->parameters() == 7);
    CHECK(model->metadata()->vocabulary()->Get(1)->str() == "word");
    CHECK(model->metadata()->start_token() == -1);
    const auto* field = reinterpret_cast<const flatbuffers::Table*>(model)->GetAddressOf(schema::Model::VT_CHECKSUM);
    const auto hole = static_cast<std::size_t>(field - first.bytes().data());
    CHECK(model->checksum() == checksum(first.bytes().data(), first.bytes().size(), hole));
}

TEST_CASE("what the runtime would refuse is refused before it is written") {
    Graph graph = one_layer(recurrent(schema::Cell::gru, 4, 5));
    CHECK(check_loads(pack(graph, {}), graph) == (3 * 8 * (4 + 5) + 4 * 8) * sizeof(float));
    graph.layers.push_back({"too wide", 0, Activate{6, {Function::tanh, 0}}});
    CHECK_THROWS_AS(check_loads(pack(graph, {}), graph), Error);
}
