// Every bit of a small file is flipped. The checksum sees each flip; and with the checksum made good again, what
// is left to the other two verifications either is refused or runs within its memory (the sanitizers watch), whatever
// its first and last layers are and whenever it is asked.
#include <doctest/doctest.h>

#include <cstring>

#include "runnel/runnel.hpp"
#include "support/exercise.hpp"
#include "support/fixed_models.hpp"
#include "support/graphs.hpp"
#include "support/quantized_models.hpp"
#include "support/seal.hpp"

using namespace runnel;
using schema::Cell;
using schema::Format;

namespace {

void flip_every_bit(const test::FileImage& file) {
    const std::size_t size = file.bytes().size();
    test::Block bytes(size);
    std::memcpy(bytes.data(), file.bytes().data(), size);
    const std::size_t sum_at = test::checksum_position(bytes.data(), size);
    Model model;
    REQUIRE(model.load(bytes.data(), size) == Status::ok);
    REQUIRE(test::Exercise(model, true).run() == "");
    std::size_t seen = 0, accepted_after_sealing = 0;
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
        std::uint8_t& byte = bytes.data()[bit / 8];
        byte ^= std::uint8_t(1u << bit % 8);
        seen += model.load(bytes.data(), size) != Status::ok;
        if (bit / 8 - sum_at >= 8) {
            std::uint64_t kept;
            std::memcpy(&kept, bytes.data() + sum_at, 8);
            const std::uint64_t sealed = checksum(bytes.data(), size, sum_at);
            std::memcpy(bytes.data() + sum_at, &sealed, 8);
            if (model.load(bytes.data(), size) == Status::ok) {
                ++accepted_after_sealing;
                const std::string wrong = test::Exercise(model, false).run();
                if (!wrong.empty()) FAIL_CHECK("bit " << bit << ": " << wrong);
            }
            std::memcpy(bytes.data() + sum_at, &kept, 8);
        }
        byte ^= std::uint8_t(1u << bit % 8);
    }
    CHECK(seen == size * 8);
    CHECK(accepted_after_sealing > 0);
}

test::Graph chain(std::vector<converter::Layer> layers) {
    test::Graph graph;
    graph.layers = std::move(layers);
    return graph;
}

converter::Layer masking(std::size_t width) { return {"masking", 0, converter::Masking{width, -1.0f}}; }
converter::Layer activation(std::size_t width, Function f) {
    return {"activation", 0, converter::Activate{width, {f, 0}}};
}
/// As converter/quantize/project makes it, but for the numbers: a row has what the cell's input part would give.
converter::Layer projected(std::size_t tokens, std::size_t width) {
    converter::Layer layer = test::embedding(tokens, width);
    std::get<converter::Embedding>(layer.kind).projected = true;
    return layer;
}
converter::Layer without_inputs(converter::Layer layer) {
    auto& input = std::get<converter::Recurrent>(layer.kind).input;
    input = converter::Matrix(input.rows, 0);
    return layer;
}

}  // namespace

TEST_CASE("an embedding alone") {
    const auto graph = chain({test::embedding(3, 2)}), wide = chain({test::embedding(2, 32)});
    flip_every_bit(test::file_of(graph));
    flip_every_bit(test::quantized_file_of(graph, Format::f32, Format::f16));
    flip_every_bit(test::quantized_file_of(graph, Format::f32, Format::int8));
    flip_every_bit(test::quantized_file_of(wide, Format::f32, Format::int4));
    flip_every_bit(test::file_of(chain({test::embedding(3, 2, true)})));
    flip_every_bit(test::file_of(chain({test::embedding(2, 40)})));  // wider than what lies behind a session's numbers
}

TEST_CASE("an embedding in front of what has no state") {
    flip_every_bit(test::file_of(chain({test::embedding(3, 2), activation(2, Function::softmax)})));
    flip_every_bit(test::file_of(chain({test::embedding(3, 2), test::dense(2, 2, Function::relu)})));
}

TEST_CASE("a model of tokens with words and labels") {
    converter::Metadata metadata;
    metadata.vocabulary = {"a", "b", "c", "d"};
    metadata.labels = {"yes"};
    flip_every_bit(converter::pack(chain({test::embedding(4, 2, true), test::recurrent(Cell::gru, 2, 3),
                                          test::dense(3, 1, Function::sigmoid)}),
                                   metadata));
}

TEST_CASE("a projected embedding") {
    const auto graph = chain({projected(3, 8), without_inputs(test::recurrent(Cell::simple_rnn, 2, 2))});
    flip_every_bit(test::file_of(graph));
    flip_every_bit(test::quantized_file_of(graph, Format::int8, Format::int8));
}

TEST_CASE("layers without state alone") {
    flip_every_bit(test::file_of(chain({test::dense(2, 2, Function::softmax)})));
    flip_every_bit(test::file_of(chain({activation(2, Function::tanh)})));
    flip_every_bit(test::file_of(chain({activation(4, Function::glu)})));
    flip_every_bit(test::file_of(chain({masking(2), activation(2, Function::log_softmax)})));
    flip_every_bit(test::file_of(chain({activation(4, Function::glu), test::dense(2, 1, Function::sigmoid)})));
    flip_every_bit(test::quantized_file_of(chain({test::dense(4, 2, Function::tanh)}), Format::int8, Format::f32));
}

TEST_CASE("a recurrent layer alone, of each kind") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm}) {
        CAPTURE(int(cell));
        flip_every_bit(test::file_of(chain({test::recurrent(cell, 2, 2)})));
    }
}

TEST_CASE("recurrent layers between others") {
    flip_every_bit(test::file_of(
        chain({masking(2), test::recurrent(Cell::lstm, 2, 2), activation(2, Function::glu)})));
    flip_every_bit(test::file_of(chain({test::dense(2, 2, Function::relu), test::recurrent(Cell::gru, 2, 2)})));
    flip_every_bit(test::file_of(chain({activation(2, Function::relu), test::recurrent(Cell::simple_rnn, 2, 2),
                                     test::recurrent(Cell::gru_reset_before, 2, 2, 41),
                                     activation(2, Function::sparsemax)})));
}

TEST_CASE("branches") {
    using schema::Operation;
    flip_every_bit(test::file_of(test::token_branches(Cell::gru)));
    flip_every_bit(test::file_of(test::combined_graph(Operation::average)));
    auto graph = chain({test::slice(3, 0, 2, 0), test::recurrent(Cell::lstm, 2, 2), test::concatenate({2, 1}, {2, 3}),
                        test::combine(Operation::maximum, 3, {3, 0})});
    graph.layers.insert(graph.layers.begin() + 2, test::slice(3, 2, 1, 0));
    graph.layers[3].sources = {2, 3}, graph.layers[4].sources = {4, 0};
    graph.outputs = {{"one", 1}, {"two", 2}};
    flip_every_bit(test::file_of(graph));
    flip_every_bit(test::quantized_file_of(graph, Format::int8, Format::f32));
    flip_every_bit(test::file_of(chain({{"window", 0, converter::Window{2, 2, 2, true}},
                                        test::recurrent(Cell::gru, 4, 2)})));
}

TEST_CASE("fewer bits") {
    const auto gru = chain({test::recurrent(Cell::gru, 2, 2), test::dense(2, 1, Function::sigmoid)});
    const auto lstm = chain({test::embedding(3, 2), test::recurrent(Cell::lstm, 2, 2)});
    flip_every_bit(test::quantized_file_of(gru, Format::f16, Format::f16));
    flip_every_bit(test::quantized_file_of(gru, Format::int8, Format::f32));
    flip_every_bit(test::quantized_file_of(gru, Format::int8x16, Format::f32, true));
    flip_every_bit(test::quantized_file_of(lstm, Format::int8, Format::int8, true));
    flip_every_bit(
        test::quantized_file_of(chain({test::recurrent(Cell::gru_reset_before, 2, 2)}), Format::int8, Format::f32));
}

TEST_CASE("fixed models") {
    flip_every_bit(test::fixed_file_of(chain({test::embedding(4, 2), test::recurrent(Cell::gru, 2, 3),
                                              test::dense(3, 1, Function::sigmoid)})));
    flip_every_bit(test::fixed_file_of(chain({test::recurrent(Cell::lstm, 2, 2), test::dense(2, 2, Function::softmax)}),
                                       Format::fixed8));
    auto graph = chain({test::recurrent(Cell::simple_rnn, 2, 2), test::dense(2, 2, Function::linear)});
    std::get<converter::Recurrent>(graph.layers[0].kind).activation.function = Function::relu;
    flip_every_bit(test::fixed_file_of(graph));
    flip_every_bit(test::fixed_file_of(graph, Format::fixed, true));
    auto lstm = chain({masking(2), test::dense(2, 2, Function::relu), test::recurrent(Cell::lstm, 2, 2),
                       activation(2, Function::silu)});
    std::get<converter::Recurrent>(lstm.layers[2].kind).activation.function = Function::relu;
    converter::StoredGraph coarse = test::in_fixed(lstm, Format::fixed);
    for (auto& numbers : coarse.numbers) numbers.fixed->preactivation_bits = 17;
    flip_every_bit(converter::pack(coarse, {}));
    flip_every_bit(test::fixed_file_of(
        chain({activation(2, Function::relu), test::recurrent(Cell::gru_reset_before, 2, 2)}), Format::fixed8));
    for (const bool one_hot : {false, true})
        flip_every_bit(converter::pack(test::with_finer_rows(test::in_fixed(graph, Format::fixed8, one_hot)), {}));
    flip_every_bit(converter::pack(
        test::with_finer_rows(test::in_fixed(
            chain({test::embedding(4, 2), test::recurrent(Cell::gru, 2, 3), test::dense(3, 1, Function::sigmoid)}),
            Format::fixed8)),
        {}));
}
