// Sessions over one model run in threads of their own.
#include <doctest/doctest.h>

#include <thread>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/models.hpp"

using namespace runnel;

TEST_CASE("threads with sessions of their own get the answers of one alone") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
    const auto run = [&](unsigned start, std::vector<float>& answer) {
        const test::Block block(Session::bytes(model));
        Session* session = nullptr;
        if (Session::create(model, block.data(), block.size(), session) != Status::ok) return;
        for (unsigned t = 0; t < 2000; ++t)
            if (session->step((start + t * 7) % 50) != Status::ok) return;
        answer.assign(session->output().begin(), session->output().end());
    };
    std::vector<float> alone[4], together[4];
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) run(i, alone[i]);
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back([&, i] { run(i, together[i]); });
    for (auto& thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) {
        REQUIRE(alone[i].size() == 3);
        CHECK(together[i] == alone[i]);
    }
}
