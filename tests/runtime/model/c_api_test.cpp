#include <doctest/doctest.h>

#include "runnel/runnel.h"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/models.hpp"

using namespace runnel;

extern "C" int c_api_program(const void* file, size_t size, void* model_block, size_t model_size, void* session_block,
                             size_t session_size, float* answer);
extern "C" int c_api_batch(const runnel_model* model, void* batch_block, size_t batch_size, void* session_blocks);

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
