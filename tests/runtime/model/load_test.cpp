// What `load` accepts and what it says of the rest.
#include <doctest/doctest.h>

#include <cstring>

#include "base/checksum.hpp"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/graphs.hpp"

using namespace runnel;

namespace {

std::vector<std::uint8_t> bytes_of(const test::FileImage& file) { return {file.bytes().begin(), file.bytes().end()}; }

Status load(const std::vector<std::uint8_t>& bytes, Model& model) {
    static test::Block block(1 << 20);
    REQUIRE(bytes.size() <= block.size());
    if (!bytes.empty()) std::memcpy(block.data(), bytes.data(), bytes.size());
    return model.load(block.data(), bytes.size());
}

/// Packs a changed file anew: gives it the checksum that fits.
std::vector<std::uint8_t> sealed(std::vector<std::uint8_t> bytes) {
    auto* model = schema::GetMutableModel(bytes.data());
    model->mutate_checksum(0);
    auto* field = reinterpret_cast<flatbuffers::Table*>(model)->GetAddressOf(schema::Model::VT_CHECKSUM);
    model->mutate_checksum(checksum(bytes.data(), bytes.size(), std::size_t(field - bytes.data())));
    return bytes;
}

}  // namespace

TEST_CASE("a model tells what it is") {
    test::Graph graph = test::token_graph(schema::Cell::gru, true);
    graph.returns_sequence = true;
    converter::Metadata metadata;
    metadata.source_name = "some.h5";
    metadata.vocabulary = {"<pad>", "<start>", "word"};
    metadata.labels = {"a", "b", "c"};
    metadata.start_token = 1;
    const auto file = converter::pack(graph, metadata);
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
    const ModelInfo info = model.info();
    CHECK(info.takes_tokens);
    CHECK(info.inputs == 50);
    CHECK(info.outputs == 3);
    CHECK(info.returns_sequence);
    CHECK(info.layers == 3);
    CHECK(info.parameters == 50 * 5 + 3 * 9 * (5 + 9) + 4 * 9 + 3 * 10);
    CHECK(info.words == 3);
    CHECK(info.start_token == 1);
    CHECK(info.unknown_token == -1);
    CHECK(std::strcmp(info.source_name, "some.h5") == 0);
    CHECK(std::strcmp(model.word(2), "word") == 0);
    CHECK(std::strcmp(model.label(1), "b") == 0);
    CHECK(std::strcmp(model.layer(1).kind, "GRU") == 0);
    CHECK(std::strcmp(model.layer(1).activation, "tanh") == 0);
    CHECK(model.layer(1).recurrent);
    CHECK(std::strcmp(info.isa, isas()[0]) == 0);
}

TEST_CASE("files that are not models, or not whole, or too new") {
    const auto file = test::file_of(test::token_graph(schema::Cell::lstm));
    const auto good = bytes_of(file);
    Model model;
    CHECK(load(good, model) == Status::ok);
    CHECK(load({}, model) == Status::not_a_model);
    CHECK(load(std::vector<std::uint8_t>(1000, 0), model) == Status::not_a_model);
    CHECK(load({good.begin(), good.begin() + 12}, model) == Status::not_a_model);
    for (std::size_t size = 16; size < good.size(); size += 13)
        CHECK(load({good.begin(), good.begin() + std::ptrdiff_t(size)}, model) != Status::ok);
    CHECK(model.load(file.bytes().data() + 4, good.size() - 4) != Status::ok);

    auto newer = good;
    schema::GetMutableModel(newer.data())->mutate_format_version(Model::format_version + 1);
    CHECK(load(newer, model) == Status::too_new);

    auto longer = good;
    longer.push_back(0);
    CHECK(load(longer, model) == Status::damaged);

    const test::Block shifted(good.size() + 64);
    std::memcpy(shifted.data() + 8, good.data(), good.size());
    CHECK(model.load(shifted.data() + 8, good.size()) == Status::misaligned);
}

TEST_CASE("instruction sets are named") {
    const auto file = test::file_of(test::token_graph(schema::Cell::lstm));
    Model model;
    CHECK(model.load(file.bytes().data(), file.bytes().size(), "abacus") == Status::unknown_isa);
    for (const char* const* isa = isas(); *isa; ++isa) {
        CHECK(model.load(file.bytes().data(), file.bytes().size(), *isa) == Status::ok);
        CHECK(std::strcmp(model.info().isa, *isa) == 0);
    }
}

TEST_CASE("files whose meaning is wrong name the layer, though their structure and checksum are right") {
    const auto good = bytes_of(test::file_of(test::feature_graph(schema::Cell::gru)));
    Model model;
    CHECK(load(sealed(good), model) == Status::ok);
    const auto changed = [&](auto change) {
        auto bytes = good;
        change(*schema::GetMutableModel(bytes.data())->mutable_layers());
        return load(sealed(bytes), model);
    };
    const auto recurrent = [](auto& layers, unsigned i) {
        return static_cast<schema::Recurrent*>(layers.GetMutableObject(i)->mutable_kind());
    };
    CHECK(changed([&](auto& l) { recurrent(l, 1)->mutate_units(8); }) == Status::invalid_layer);
    CHECK(model.failed_layer() == 1);
    CHECK(std::strcmp(model.failed_layer_name(), "recurrent_41") == 0);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutate_units(0xffffffffu); }) == Status::invalid_layer);
    CHECK(model.failed_layer() == 0);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutate_inputs(0); }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) { recurrent(l, 1)->mutate_inputs(19); }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutate_cell(schema::Cell(9)); }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutable_activation()->mutate_function(schema::Function(200)); }) ==
          Status::invalid_layer);
    CHECK(changed([&](auto& l) {
              recurrent(l, 0)->mutable_activation()->mutate_function(schema::Function::softmax);
          }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutable_activation()->mutate_alpha(NAN); }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) { recurrent(l, 0)->mutable_bias()->Mutate(3, INFINITY); }) == Status::invalid_layer);
    CHECK(changed([&](auto& l) {
              for (const unsigned byte : {6u, 7u}) recurrent(l, 0)->mutable_packed()->Mutate(byte, 0xff);
          }) == Status::invalid_layer);
}

TEST_CASE("graphs that are none") {
    using schema::Operation;
    Model model;
    const auto status = [&](std::vector<converter::Layer> layers, std::vector<converter::Port> inputs = {},
                            std::vector<converter::Port> outputs = {}) {
        test::Graph graph;
        graph.layers = std::move(layers), graph.inputs = std::move(inputs), graph.outputs = std::move(outputs);
        return load(bytes_of(test::file_of(graph)), model);
    };
    const auto gru = [](std::size_t inputs, std::size_t units) { return test::recurrent(schema::Cell::gru, inputs, units); };
    const auto four = test::dense(3, 4, Function::tanh);
    CHECK(status({four, test::concatenate({3, 4}, {0, 1})}) == Status::ok);
    CHECK(status({four, test::reading(four, {0}), gru(4, 2)}) == Status::ok);

    // What comes later, the layer itself, and what is nowhere.
    CHECK(status({test::reading(four, {1})}) == Status::invalid_layer);
    CHECK(status({four, test::reading(gru(4, 2), {2})}) == Status::invalid_layer);
    CHECK(status({four, test::reading(gru(4, 2), {60000})}) == Status::invalid_layer);
    CHECK(model.failed_layer() == 1);
    CHECK(status({four, test::concatenate({4, 4}, {1, 3}), gru(8, 2)}) == Status::invalid_layer);
    CHECK(status({four, test::concatenate({4, 4}, {1, 65535})}) == Status::invalid_layer);
    // Several values where one is read, and none.
    CHECK(status({four, test::reading(gru(4, 2), {1, 1})}) == Status::invalid_layer);
    CHECK(status({four, test::concatenate(std::vector<std::size_t>(40, 4), std::vector<std::size_t>(40, 1))}) ==
          Status::invalid_layer);
    // Widths that lie.
    CHECK(status({four, test::concatenate({4, 4}, {0, 1})}) == Status::invalid_layer);
    CHECK(status({four, test::reading(test::dense(4, 2, Function::relu), {0})}) == Status::invalid_layer);
    CHECK(status({four, test::combine(Operation::add, 4, {0, 1})}) == Status::invalid_layer);
    CHECK(status({four, test::combine(Operation::add, 4, {1})}) == Status::invalid_layer);
    CHECK(status({four, test::combine(Operation::subtract, 4, {1, 1, 1})}) == Status::invalid_layer);
    CHECK(status({four, test::combine(Operation(6), 4, {1, 1})}) == Status::invalid_layer);
    CHECK(status({four, test::slice(4, 3, 2, 1)}) == Status::invalid_layer);
    CHECK(status({four, test::slice(4, 0xffffffff, 2, 1)}) == Status::invalid_layer);
    CHECK(status({four, test::slice(4, 1, 0, 1)}) == Status::invalid_layer);
    CHECK(status({four, test::slice(4, 1, 3, 1)}) == Status::ok);
    // Windows of nothing, and beyond all bounds; branches that do not meet in time.
    const auto window = [](std::size_t width, std::size_t frames, std::size_t dilation, bool whole = false) {
        return converter::Layer{"window", 0, converter::Window{width, frames, dilation, whole}};
    };
    CHECK(status({four, window(4, 2, 3), gru(8, 2)}) == Status::ok);
    CHECK(status({four, window(4, 0, 1)}) == Status::invalid_layer);
    CHECK(status({four, window(4, 1, 0)}) == Status::invalid_layer);
    CHECK(status({four, window(3, 2, 1)}) == Status::invalid_layer);
    CHECK(status({four, window(4, 0xffffffff, 1)}) == Status::invalid_layer);
    CHECK(status({four, window(4, 1 << 20, 1 << 20)}) == Status::invalid_layer);
    CHECK(status({four, window(4, 8, 1 << 20)}) == Status::invalid_layer);
    CHECK(status({four, window(4, 2, 1, true), test::concatenate({8, 4}, {2, 1})}) == Status::invalid_layer);
    CHECK(status({four, window(4, 2, 1), test::concatenate({8, 4}, {2, 1})}) == Status::ok);
    // Tokens are no quantities, and one model has one number of them.
    CHECK(status({test::embedding(9, 4), test::concatenate({9, 4}, {0, 1})}) == Status::invalid_layer);
    CHECK(status({test::embedding(9, 4), test::reading(test::embedding(8, 4), {0})}) == Status::invalid_layer);
    CHECK(status({test::embedding(9, 4), test::reading(test::embedding(9, 4), {1})}) == Status::invalid_layer);
    CHECK(status({test::embedding(9, 4), test::reading(test::embedding(9, 3), {0}),
                  test::concatenate({4, 3}, {1, 2}), gru(7, 2)}) == Status::ok);
    // Pieces that are not the whole.
    CHECK(status({four}, {{"a", 1}, {"b", 2}}, {{"c", 3}, {"d", 1}}) == Status::ok);
    CHECK(status({four}, {{"a", 1}, {"b", 1}}) == Status::damaged);
    CHECK(status({four}, {{"a", 3}, {"b", 0}}) == Status::damaged);
    CHECK(status({four}, {}, {{"a", 0xffffffff}, {"b", 5}}) == Status::damaged);
}

TEST_CASE("too many layers") {
    test::Graph graph = test::feature_graph(schema::Cell::gru);
    for (int i = 0; i < 40; ++i) graph.layers.push_back(test::dense(1, 1, Function::sigmoid));
    const auto file = test::file_of(graph);
    Model model;
    CHECK(model.load(file.bytes().data(), file.bytes().size()) == Status::too_many_layers);
}

TEST_CASE("sizes whose product is beyond 32 bits do not pass for an empty matrix") {
    constexpr std::uint32_t n = 1u << 16;  // n x (n + n) weights
    flatbuffers::FlatBufferBuilder builder;
    const std::vector<std::uint8_t> packed;
    const std::vector<float> bias(n);
    const schema::Activation tanh(0, schema::Function::tanh);
    const auto cell = schema::CreateRecurrentDirect(builder, schema::Cell::simple_rnn, n, n, &tanh, &tanh,
                                                    schema::Format::f32, &packed, &bias);
    const std::vector layers{
        schema::CreateLayerDirect(builder, "huge", 0, schema::Kind::Recurrent, cell.Union())};
    builder.Finish(schema::CreateModelDirect(builder, 1, 1, &layers, false, schema::CreateMetadataDirect(builder)),
                   schema::ModelIdentifier());
    Model model;
    CHECK(load(sealed({builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()}), model) ==
          Status::invalid_layer);
}
