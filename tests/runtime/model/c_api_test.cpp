#include <doctest/doctest.h>

#include "runnel/runnel.h"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/models.hpp"

using namespace runnel;

extern "C" int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                             size_t session_size, float* answer);
extern "C" int c_api_description(const void* file, size_t size, void* block);
extern "C" int c_api_failures(const void* file, size_t size, void* block, const char* failed_name);
extern "C" int c_api_fixed(const void* file, size_t size, const void* other, size_t other_size, void* model_blocks,
                           void* session_block, size_t session_size, void* trainer_block, size_t trainer_size);
extern "C" int c_api_batch(const runnel_model* model, void* batch_block, size_t batch_size, void* session_blocks);
extern "C" int c_api_window(const runnel_model* model, void* window_block, size_t window_size, void* session_block);

TEST_CASE("the C API gives the answers of the C++ API") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
    const test::Block block(Session::bytes(model)), c_block(Session::bytes(model)), c_model(runnel_model_bytes());
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    for (std::uint32_t token : {1u, 2u, 3u}) REQUIRE(session->step(token) == Status::ok);
    float answer[3];
    CHECK(c_api_program(file.bytes().data(), file.bytes().size(), c_model.data(), c_model.size(), c_block.data(),
                        c_block.size(), answer) == 0);
    for (int i = 0; i < 3; ++i) CHECK(answer[i] == session->output()[i]);
}

TEST_CASE("a batch through C gives the answers of single sessions") {
    for (const auto& graph : {test::token_graph(schema::Cell::lstm), test::feature_graph(schema::Cell::gru)}) {
        const auto file = test::file_of(graph);
        const test::Block c_model(runnel_model_bytes());
        runnel_model* model = nullptr;
        REQUIRE(runnel_model_load(c_model.data(), c_model.size(), file.bytes().data(), file.bytes().size(), nullptr,
                                  &model) == RUNNEL_OK);
        const test::Block batch(runnel_batch_bytes(model, 5)), sessions(5 * runnel_session_bytes(model));
        CHECK(c_api_batch(model, batch.data(), batch.size(), sessions.data()) == 0);
    }
}

TEST_CASE("a window through C gives the answers of fresh sessions") {
    const auto file = test::file_of(test::token_graph(schema::Cell::lstm));
    const test::Block c_model(runnel_model_bytes());
    runnel_model* model = nullptr;
    REQUIRE(runnel_model_load(c_model.data(), c_model.size(), file.bytes().data(), file.bytes().size(), nullptr,
                              &model) == RUNNEL_OK);
    const test::Block window(runnel_window_bytes(model, 3, 2)), session(runnel_session_bytes(model));
    CHECK(c_api_window(model, window.data(), window.size(), session.data()) == 0);
}

TEST_CASE("a model tells C what it is") {
    test::Graph graph = test::token_graph(schema::Cell::gru, true);
    graph.returns_sequence = true;
    converter::Metadata metadata;
    metadata.source_name = "some.h5";
    metadata.source_sha256 = "abc";
    metadata.source_framework = "keras";
    metadata.vocabulary = {"<pad>", "<start>", "word"};
    metadata.labels = {"a", "b", "c"};
    metadata.start_token = 1;
    const auto file = converter::pack(graph, metadata);
    const test::Block block(runnel_model_bytes());
    CHECK(c_api_description(file.bytes().data(), file.bytes().size(), block.data()) == 0);
}

TEST_CASE("C learns which layer is wrong, and what is not loaded answers nothing") {
    auto graph = test::feature_graph(schema::Cell::gru);
    graph.layers[2] = test::dense(6, 1, Function::sigmoid);
    const auto file = test::file_of(graph);
    const test::Block block(runnel_model_bytes() + 64);
    CHECK(c_api_failures(file.bytes().data(), file.bytes().size(), block.data(), "dense") == 0);
}

TEST_CASE("C trains a converted model and runs what it has learned") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8})
        for (const auto cell : {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::lstm}) {
            CAPTURE(int(format));
            CAPTURE(int(cell));
            test::Graph graph = test::token_graph(cell);
            const auto file = test::fixed_file_of(graph, format);
            const auto other = test::file_of(graph);
            const test::Block models(2 * runnel_model_bytes()), session(1 << 17), trainer(1 << 20);
            CHECK(c_api_fixed(file.bytes().data(), file.bytes().size(), other.bytes().data(), other.bytes().size(),
                              models.data(), session.data(), session.size(), trainer.data(), trainer.size()) == 0);
        }
}
