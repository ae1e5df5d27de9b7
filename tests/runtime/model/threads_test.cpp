// Sessions over one model run in threads of their own; compiled once more under ThreadSanitizer (threads_sanitized.sh).
#include <doctest/doctest.h>

#include <barrier>
#include <functional>
#include <thread>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/isa.hpp"
#include "support/quantized_models.hpp"

using namespace runnel;

namespace {

constexpr unsigned thread_count = 4;

/// Runs work(i) in threads that set out at the same time.
void together(const std::function<void(unsigned)>& work) {
    std::barrier start(thread_count);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < thread_count; ++i)
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            work(i);
        });
    for (auto& thread : threads) thread.join();
}

/// The last answer of a session of its own after some steps and a saved and restored state; empty on failure.
std::vector<float> stepped(const Model& model, unsigned first, unsigned steps) {
    const ModelInfo info = model.info();
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    if (Session::create(model, block.data(), block.size(), session) != Status::ok) return {};
    std::vector<unsigned char> state(session->state_bytes());
    for (unsigned t = 0; t < steps; ++t) {
        const std::vector<float> x(info.inputs, 0.1f * float((first + t) % 9));
        const Status status =
            info.takes_tokens ? session->step((first + t * 7) % info.inputs) : session->step(x.data(), x.size());
        if (status != Status::ok) return {};
        session->output();
        if (t != steps / 2) continue;
        if (session->save_state(state.data(), state.size()) != Status::ok) return {};
        if (session->restore_state(state.data(), state.size()) != Status::ok) return {};
    }
    return {session->output().begin(), session->output().end()};
}

/// The answer of one stream of a batch that starts at token `first`.
std::vector<float> stepped_together(const Model& model, unsigned first, unsigned steps) {
    constexpr std::uint32_t streams = 5;
    const test::Block block(Batch::bytes(model, streams));
    Batch* batch = nullptr;
    if (Batch::create(model, streams, block.data(), block.size(), batch) != Status::ok) return {};
    for (unsigned t = 0; t < steps; ++t) {
        const std::vector<std::uint32_t> tokens(streams, (first + t * 7) % model.info().inputs);
        if (batch->step(tokens) != Status::ok) return {};
    }
    return {(*batch)[1].output().begin(), (*batch)[1].output().end()};
}

using Run = std::vector<float> (*)(const Model& model, unsigned first, unsigned steps);

/// What `run` answers in threads is what it answers alone.
void compare(const test::FileImage& file, Run run) {
    constexpr unsigned steps = 300;
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    std::vector<float> in_threads[thread_count];
    together([&](unsigned i) { in_threads[i] = run(model, i, steps); });
    for (unsigned i = 0; i < thread_count; ++i) {
        REQUIRE(in_threads[i].size() == model.info().outputs);
        CHECK(in_threads[i] == run(model, i, steps));
    }
}

}  // namespace

// Must stay the first case: nothing has asked the library for anything yet.
TEST_CASE("the first use of all may be in several threads at once") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    const char* const* sets[thread_count];
    std::vector<float> answers[thread_count];
    bool loaded[thread_count] = {};
    together([&](unsigned i) {
        sets[i] = isas();
        Model model;
        loaded[i] = model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok;
        if (loaded[i]) answers[i] = stepped(model, 3, 10);
    });
    for (unsigned i = 0; i < thread_count; ++i) {
        CHECK(sets[i] == sets[0]);
        CHECK(loaded[i]);
        CHECK(answers[i].size() == 3);
        CHECK(answers[i] == answers[0]);
    }
}

TEST_CASE("threads with sessions of their own get the answers of one alone") {
    compare(test::file_of(test::token_graph(schema::Cell::gru)), stepped);
    compare(test::file_of(test::feature_graph(schema::Cell::lstm)), stepped);
    compare(test::quantized_file_of(test::feature_graph(schema::Cell::gru_reset_before), schema::Format::int8,
                                    schema::Format::f32, true),
            stepped);
    compare(test::fixed_file_of(test::token_graph(schema::Cell::lstm)), stepped);
}

TEST_CASE("threads with batches of their own get the answers of one alone") {
    compare(test::file_of(test::token_graph(schema::Cell::gru)), stepped_together);
    compare(test::fixed_file_of(test::token_graph(schema::Cell::gru)), stepped_together);
}

// Only threads_sanitized.sh runs it, which demands that the sanitizer sees it.
TEST_CASE("a session in two threads" * doctest::skip()) {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    together([&](unsigned) {
        for (unsigned t = 0; t < 100; ++t) static_cast<void>(session->step(t % 50));
    });
}
