// What the public face promises beside the numbers: nothing that compiles and breaks, and an answer to every question.
#include <doctest/doctest.h>

#include <cstring>
#include <new>
#include <string>
#include <type_traits>

#include "model/stream.hpp"
#include "runnel/fixed_model.hpp"
#include "runnel/runnel.h"
#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

template <class T> constexpr bool stays_where_it_is = !std::is_copy_constructible_v<T> &&
                                                      !std::is_move_constructible_v<T> &&
                                                      !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;
/// `auto copy = *object;` and `delete object;` do not compile, nor can one be made outside of a block.
template <class T> constexpr bool lives_in_a_block =
    stays_where_it_is<T> && !std::is_destructible_v<T> && !std::is_default_constructible_v<T>;

static_assert(stays_where_it_is<Model>);
static_assert(lives_in_a_block<Session> && lives_in_a_block<Batch> && lives_in_a_block<training::Trainer>);
// Nor can what lies in the block be copied into one, or out of it.
static_assert(!std::is_constructible_v<Session, const Stream&> && !std::is_assignable_v<Session&, const Stream&>);
static_assert(stays_where_it_is<Stream>);

bool is_empty(const LayerInfo& l) {
    return !*l.name && !*l.kind && !*l.activation && !*l.format && !l.dynamic && l.input_range == 0 &&
           l.state_range == 0 && !l.projected && !l.inputs && !l.outputs && !l.parameters && !l.weight_bytes &&
           !l.recurrent;
}

/// Of a model that is not loaded: it answers all questions with nothing, and nothing can be built over it.
void check_not_loaded(const Model& model) {
    const ModelInfo i = model.info();
    CHECK(!i.takes_tokens);
    CHECK(i.inputs + i.outputs + i.layers + i.words + i.labels + i.sequence_length == 0);
    CHECK(!i.returns_sequence);
    CHECK(i.parameters + i.weight_bytes + i.file_bytes == 0);
    CHECK(i.start_token == -1);
    CHECK(i.unknown_token == -1);
    for (const char* text : {i.source_name, i.source_sha256, i.source_framework, i.converter_version, i.isa}) {
        REQUIRE(text);
        CHECK(*text == 0);
    }
    for (const std::uint32_t n : {0u, 1u, ~0u}) {
        CHECK(is_empty(model.layer(n)));
        CHECK(std::string(model.word(n)) == "");
        CHECK(std::string(model.label(n)) == "");
    }
    CHECK(!is_fixed(model));
    CHECK(fixed_network(model).layer_count == 0);

    const test::Block block(1024);
    std::memset(block.data(), 0x5a, block.size());
    Session* session = nullptr;
    Batch* batch = nullptr;
    CHECK(Session::bytes(model) == 0);
    CHECK(Batch::bytes(model, 3) == 0);
    CHECK(Batch::bytes(model, 0) == 0);
    CHECK(Session::create(model, block.data(), block.size(), session) == Status::not_loaded);
    CHECK(Session::create(model, nullptr, 0, session) == Status::not_loaded);
    CHECK(Batch::create(model, 3, block.data(), block.size(), batch) == Status::not_loaded);
    CHECK(session == nullptr);
    CHECK(batch == nullptr);
    for (std::size_t k = 0; k < block.size(); ++k) REQUIRE(block.data()[k] == 0x5a);
}

}  // namespace

TEST_CASE("a model that was never loaded, whose load failed, or that failed to load again holds nothing") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    const std::size_t size = file.bytes().size();
    Model model;
    check_not_loaded(model);
    CHECK(model.failed_layer() == -1);
    CHECK(std::string(model.failed_layer_name()) == "");
    CHECK(model.load(nullptr, 100) == Status::not_a_model);
    check_not_loaded(model);
    CHECK(model.load(file.bytes().data(), size - 8) == Status::damaged);
    check_not_loaded(model);
    REQUIRE(model.load(file.bytes().data(), size) == Status::ok);
    CHECK(Session::bytes(model) > 0);
    CHECK(model.load(file.bytes().data(), size, "abacus") == Status::unknown_isa);
    check_not_loaded(model);
    REQUIRE(model.load(file.bytes().data(), size) == Status::ok);
    test::Block late(size);
    std::memcpy(late.data(), file.bytes().data(), size);
    late.data()[size / 2] ^= 1;
    CHECK(model.load(late.data(), size) == Status::damaged);
    check_not_loaded(model);
}

TEST_CASE("a failed layer is named by a model that holds nothing, float or fixed") {
    auto graph = test::feature_graph(schema::Cell::gru);
    graph.layers[2] = test::dense(6, 1, Function::sigmoid);
    for (const auto& file : {test::file_of(graph), test::fixed_file_of(graph)}) {
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::invalid_layer);
        CHECK(model.failed_layer() == 2);
        CHECK(std::string(model.failed_layer_name()) == "dense");
        check_not_loaded(model);
    }
}

TEST_CASE("questions beyond the last layer, word and label are answered with nothing") {
    converter::Metadata metadata;
    metadata.vocabulary = {"<pad>", "word"};
    metadata.labels = {"a"};
    const auto graph = test::token_graph(schema::Cell::lstm);
    for (const bool named : {false, true})
        for (const bool fixed : {false, true}) {
            const auto stored = fixed ? test::in_fixed(graph, schema::Format::fixed) : converter::in_float(graph);
            const auto file = converter::pack(stored, named ? metadata : converter::Metadata());
            Model model;
            REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
            for (const std::uint32_t beyond : {0u, 1u, 1000u, 1u << 31}) {
                CHECK(is_empty(model.layer(model.info().layers + beyond)));
                CHECK(std::string(model.word(model.info().words + beyond)) == "");
                CHECK(std::string(model.label(model.info().labels + beyond)) == "");
            }
            CHECK(std::string(model.layer(1).kind) == "LSTM");
            CHECK(std::string(model.word(1)) == (named ? "word" : ""));
            const test::Block block(Session::bytes(model));
            Session* session = nullptr;
            REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
            for (const std::uint32_t beyond : {3u, 1000u, ~0u}) CHECK(session->saturations(beyond) == 0);
        }
}

TEST_CASE("every status has a sentence, and numbers that are none have one too") {
    const std::string unknown = message(Status(255));
    for (int i = 0; i <= int(Status::wrong_window); ++i) {
        CHECK(std::string(message(Status(i))) != unknown);
        CHECK(std::string(message(Status(i))).back() != '.');
        CHECK(runnel_message(runnel_status(i)) == message(Status(i)));
    }
    CHECK(message(Status(int(Status::wrong_window) + 1)) == unknown);
    for (const int none : {-1, int(Status::wrong_window) + 1, 256, 1 << 20}) CHECK(runnel_message(runnel_status(none)) == unknown);
}

TEST_CASE("one version: of the project, of the headers, of the library") {
    CHECK(std::string(RUNNEL_VERSION) == RUNNEL_PROJECT_VERSION);
    CHECK(std::string(version()) == RUNNEL_PROJECT_VERSION);
    CHECK(std::string(runnel_version()) == RUNNEL_PROJECT_VERSION);
    CHECK(std::string(RUNNEL_VERSION) == std::to_string(RUNNEL_VERSION_MAJOR) + "." +
                                             std::to_string(RUNNEL_VERSION_MINOR) + "." +
                                             std::to_string(RUNNEL_VERSION_PATCH));
}

TEST_CASE("a model of max_layers layers runs, one of one more does not load") {
    test::Graph graph = test::feature_graph(schema::Cell::gru);
    while (graph.layers.size() < std::size_t(max_layers)) graph.layers.push_back(test::dense(1, 1, Function::sigmoid));
    for (const bool fixed : {false, true}) {
        const auto file = fixed ? test::fixed_file_of(graph) : test::file_of(graph);
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
        CHECK(model.info().layers == RUNNEL_MAX_LAYERS);
        const test::Block block(Session::bytes(model));
        Session* session = nullptr;
        REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
        const float features[4] = {1, -1, 0.5f, 0};
        CHECK(session->step(features, 4) == Status::ok);
        CHECK(session->output()[0] > 0);
    }
    graph.layers.push_back(test::dense(1, 1, Function::sigmoid));
    for (const bool fixed : {false, true}) {
        const auto file = fixed ? test::fixed_file_of(graph) : test::file_of(graph);
        Model model;
        CHECK(model.load(file.bytes().data(), file.bytes().size()) == Status::too_many_layers);
    }
}
