// What `load` accepts of fixed models.
#include <doctest/doctest.h>

#include "runnel/fixed_model.hpp"
#include "support/fixed_models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

namespace {

/// The number of the layer that is refused; -1: none.
int refused(const StoredGraph& stored) {
    const FileImage file = pack(stored, {});
    Model model;
    const Status status = model.load(file.bytes().data(), file.bytes().size());
    CHECK((status == Status::ok) == (model.failed_layer() < 0));
    return model.failed_layer();
}

/// Of Embedding, the cell and Dense after `change`.
int refused(void (*change)(StoredGraph&), Cell cell = Cell::gru, Format format = Format::fixed) {
    StoredGraph stored = test::in_fixed(test::token_graph(cell), format);
    change(stored);
    return refused(stored);
}

Recurrent& cell_of(StoredGraph& s) { return std::get<Recurrent>(s.graph.layers[1].kind); }
Dense& dense_of(StoredGraph& s) { return std::get<Dense>(s.graph.layers.back().kind); }

}  // namespace

TEST_CASE("a fixed model tells what it is") {
    const FileImage file = test::fixed_file_of(test::token_graph(Cell::gru, true), Format::fixed8);
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
    CHECK(is_fixed(model));
    CHECK(model.info().takes_tokens);
    CHECK(model.info().inputs == 50);
    CHECK(model.info().outputs == 3);
    CHECK(std::string(model.layer(1).format) == "fixed8");
    CHECK(model.info().weight_bytes == 50 * 5 + 27 * (5 + 9) + 4 * 54 + 27 + 4 * 3);
    const FixedNetwork network = fixed_network(model);
    CHECK(network.weight_bits == 8);
    REQUIRE(network.layer_count == 3);
    CHECK(network.layers[0].kind == training::Kind::embedding);
    CHECK(network.layers[0].mask_zero);
    CHECK(network.layers[1].kind == training::Kind::gru);
    CHECK(network.layers[2].activation == training::Function::softmax);
}

TEST_CASE("dropout, ranges and the kind of input reach the trainer") {
    StoredGraph stored = test::in_fixed(test::feature_graph(Cell::lstm), Format::fixed);
    stored.graph.layers[1].dropout = 0.25;
    stored.graph.layers[1].dropout_each_step = true;
    stored.graph.layers[1].recurrent_dropout = 0.5;
    stored.numbers[0].fixed->input_bits = 9;
    const FileImage file = pack(stored, {});
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
    const FixedNetwork network = fixed_network(model);
    REQUIRE(network.layer_count == 4);
    CHECK(network.layers[0].kind == training::Kind::features);
    CHECK(network.layers[0].state_bits == 9);
    CHECK(network.layers[2].dropout == 16384);
    CHECK(network.layers[2].recurrent_dropout == 32768);
    CHECK(network.layers[1].dropout == 0);
    CHECK(network.layers[2].dropout_each_step);
}

TEST_CASE("weights whose sums of products could overflow are refused, and those at the limit are not") {
    // 9 rows a gate, 5 and 9 columns; Dense 3 rows.
    const auto fill = [](std::vector<std::int16_t>& w, int value) { w.assign(w.size(), std::int16_t(value)); };
    const auto with = [&](auto change, Format format = Format::fixed) {
        StoredGraph stored = test::in_fixed(test::token_graph(Cell::gru), format);
        change(stored);
        return refused(stored);
    };
    const auto kernel = [](StoredGraph& s, std::size_t layer) -> auto& { return s.numbers[layer].fixed->kernel; };
    const auto recurrent = [](StoredGraph& s) -> auto& { return s.numbers[1].fixed->recurrent; };
    CHECK(with([&](StoredGraph& s) { fill(recurrent(s), 64000 / 9); }) == -1);
    CHECK(with([&](StoredGraph& s) { fill(recurrent(s), 64000 / 9 + 1); }) == 1);
    CHECK(with([&](StoredGraph& s) { fill(kernel(s, 1), 64000 / 9); }) == -1);  // its columns: 9 rows of one gate
    CHECK(with([&](StoredGraph& s) { fill(kernel(s, 1), 64000 / 9 + 1); }) == 1);
    CHECK(with([&](StoredGraph& s) { fill(kernel(s, 2), 64000 / 9); }) == -1);
    CHECK(with([&](StoredGraph& s) { fill(kernel(s, 2), 64000 / 9 + 1); }) == 2);
    CHECK(with([&](StoredGraph& s) { kernel(s, 0)[7] = 29440; }) == -1);
    CHECK(with([&](StoredGraph& s) { kernel(s, 0)[7] = -29441; }) == 0);
    // int8: with few fraction bits, what the trainer could hold of the codes' own would overflow.
    const auto coarse = [&](int bits, int value) {
        return with(
            [&](StoredGraph& s) {
                fill(recurrent(s), value);
                s.numbers[1].fixed->recurrent_bits = bits;
            },
            Format::fixed8);
    };
    CHECK(coarse(6, 127) == -1);
    CHECK(coarse(0, 64000 / 64 / 9) == -1);
    CHECK(coarse(0, 64000 / 64 / 9 + 1) == 1);
    // The finest row's bits are those of the sums.
    const auto finer = [&](int value, std::uint8_t bits) {
        return with(
            [&](StoredGraph& s) {
                fill(recurrent(s), value);
                auto& all = s.numbers[1].fixed->finer;
                all.assign(54, 0);
                all[27] = bits;
            },
            Format::fixed8);
    };
    CHECK(finer(64000 / 128 / 9, 7) == -1);
    CHECK(finer(64000 / 128 / 9 + 1, 7) == 1);
    CHECK(finer(64000 / 128 / 9 + 1, 6) == -1);
}

TEST_CASE("what a fixed network cannot be is refused, with the layer's number") {
    const auto same = [](StoredGraph&) {};
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::lstm})
        for (const Format format : {Format::fixed, Format::fixed8}) CHECK(refused(same, cell, format) == -1);
    CHECK(refused([](StoredGraph& s) { s.numbers[0].fixed->weight_bits = 25; }) == 0);
    CHECK(refused([](StoredGraph& s) { s.numbers[0].fixed->weight_bits = -8; }) == -1);
    CHECK(refused([](StoredGraph& s) { s.numbers[0].fixed->weight_bits = -9; }) == 0);
    for (const std::size_t layer : {1, 2}) {
        const auto with_bits = [&](int preactivation_bits, int weight_bits) {
            StoredGraph stored = test::in_fixed(test::token_graph(Cell::gru), Format::fixed);
            stored.numbers[layer].fixed->preactivation_bits = preactivation_bits;
            stored.numbers[layer].fixed->weight_bits = weight_bits;
            return refused(stored);
        };
        CHECK(with_bits(8, 12) == -1);
        CHECK(with_bits(8, 13) == int(layer));  // a product could be shifted by more than 30
        CHECK(with_bits(7, 11) == int(layer));
        CHECK(with_bits(21, 11) == int(layer));
    }
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->recurrent_bits = 18; }, Cell::gru, Format::fixed8) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[2].fixed->finer.assign(3, 8); }, Cell::gru, Format::fixed8) == 2);
    CHECK(refused([](StoredGraph& s) { s.numbers[2].fixed->finer.assign(2, 1); }, Cell::gru, Format::fixed8) == 2);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->finer.assign(27, 1); }, Cell::gru, Format::fixed8) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[0].fixed->finer.assign(49, 1); }, Cell::gru, Format::fixed8) == 0);
    CHECK(refused([](StoredGraph& s) { s.numbers[2].fixed->finer.assign(3, 1); }) == 2);  // of int16
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->input_bits = 16; }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->state_bits = -1; }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->one_hot = true; }) == 1);  // not the first layer
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->biases.pop_back(); }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->biases[0] = 1 << 30; }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->kernel.pop_back(); }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[1].fixed->recurrent[3] = INT16_MIN; }) == 1);
    CHECK(refused([](StoredGraph& s) { s.numbers[2].fixed->kernel[0] = -128; }, Cell::gru, Format::fixed8) == 2);
    CHECK(refused([](StoredGraph& s) { s.numbers[2].format = Format::fixed8; }) == 2);
    CHECK(refused([](StoredGraph& s) { cell_of(s).activation.function = Function::elu; }) == 1);
    CHECK(refused([](StoredGraph& s) { cell_of(s).recurrent_activation.function = Function::tanh; }) == 1);
    CHECK(refused([](StoredGraph& s) { cell_of(s).cell = Cell::gru_reset_before; }) == 1);
    CHECK(refused([](StoredGraph& s) { cell_of(s).activation.function = Function::softmax; }, Cell::simple_rnn) == 1);
    CHECK(refused([](StoredGraph& s) { dense_of(s).activation.function = Function::gelu; }) == 2);
    CHECK(refused([](StoredGraph& s) { s.graph.layers[1].dropout = 0.75; }) == 1);
    CHECK(refused([](StoredGraph& s) { s.graph.layers[0].dropout_each_step = true; }) == 0);
    CHECK(refused([](StoredGraph& s) { s.graph.layers.resize(1), s.numbers.resize(1); }) == 0);  // nothing recurrent
    CHECK(refused([](StoredGraph& s) {
              s.graph.layers.push_back(s.graph.layers[2]), s.numbers.push_back(s.numbers[2]);  // behind softmax
          }) == 3);
    CHECK(refused([](StoredGraph& s) {
              s.graph.layers.erase(s.graph.layers.begin() + 1), s.numbers.erase(s.numbers.begin() + 1);
          }) == 1);
    CHECK(refused([](StoredGraph& s) {
              s.graph.layers.push_back({"masking", 0, Masking{3, 0}}), s.numbers.emplace_back();
          }) == 3);
}

TEST_CASE("what stands around the recurrent layers fits its neighbours") {
    const auto masked = [](std::size_t width, float value, bool one_hot = false) {
        StoredGraph s = test::in_fixed(test::feature_graph(Cell::gru), Format::fixed, one_hot);
        s.graph.layers.insert(s.graph.layers.begin(), {"masking", 0, Masking{width, value}});
        s.numbers.emplace(s.numbers.begin());
        return refused(s);
    };
    CHECK(masked(4, -1) == -1);
    CHECK(masked(5, -1) == 1);
    CHECK(masked(4, NAN) == 0);
    CHECK(masked(4, -1, true) == 1);
    const auto activated = [](std::size_t at, std::size_t width, Function f, int input_bits = 0) {
        StoredGraph s = test::in_fixed(test::feature_graph(Cell::gru), Format::fixed);
        s.graph.layers.insert(s.graph.layers.begin() + std::ptrdiff_t(at), {"activation", 0, Activate{width, {f, 0}}});
        FixedNumbers numbers;
        numbers.input_bits = input_bits;
        s.numbers.emplace(s.numbers.begin() + std::ptrdiff_t(at))->fixed = numbers;
        return refused(s);
    };
    CHECK(activated(0, 4, Function::relu, 15) == -1);
    CHECK(activated(0, 4, Function::relu, 16) == 0);
    CHECK(activated(0, 5, Function::relu) == 1);
    CHECK(activated(1, 20, Function::tanh) == -1);
    CHECK(activated(1, 19, Function::tanh) == 1);
    CHECK(activated(1, 20, Function::softmax) == 1);
    CHECK(activated(3, 1, Function::elu) == 3);
}
