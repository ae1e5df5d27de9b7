#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "support/batch.hpp"
#include "support/isa.hpp"
#include "support/models.hpp"

using namespace runnel;
using schema::Cell;

namespace {

constexpr Cell cells[] = {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm};

struct Loaded {
    test::FileImage file;
    Model model;
    explicit Loaded(const test::Graph& graph) : file(test::file_of(graph)) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    }
    Loaded(const Loaded&) = delete;
};

/// Layers that have blocks in tiles, and blocks that are left over.
test::Graph large_graph(Cell cell) {
    test::Graph g;
    g.layers = {test::recurrent(cell, 4, 88), test::recurrent(cell, 88, 72, 41), test::dense(72, 3, Function::softmax)};
    return g;
}

}  // namespace

TEST_CASE("a batch has the numbers of single sessions") {
    for (const Cell cell : cells) {
        CAPTURE(int(cell));
        const Loaded large(large_graph(cell)), small(test::feature_graph(cell)), words(test::token_graph(cell, true));
        for (const std::uint32_t streams : {1u, 4u, 11u}) {
            test::compare_batch_with_sessions(large.model, streams, false);
            test::compare_batch_with_sessions(large.model, streams, true);  // one-hot
            test::compare_batch_with_sessions(small.model, streams, false);
            test::compare_batch_with_sessions(words.model, streams, true);
        }
    }
}

TEST_CASE("other activations than the usual") {
    for (const Cell cell : cells) {
        test::Graph graph = large_graph(cell);
        for (int i : {0, 1}) {
            auto& r = std::get<converter::Recurrent>(graph.layers[i].kind);
            r.activation.function = Function::softsign, r.recurrent_activation.function = Function::hard_sigmoid;
        }
        test::compare_batch_with_sessions(Loaded(graph).model, 5, false);
    }
}

TEST_CASE("what is wrong moves no stream") {
    const Loaded loaded(test::token_graph(Cell::gru)), features(test::feature_graph(Cell::gru));
    test::Block block(Batch::bytes(loaded.model, 3));
    Batch* batch = nullptr;
    CHECK(Batch::create(loaded.model, 0, block.data(), block.size(), batch) == Status::wrong_batch);
    CHECK(Batch::create(loaded.model, 4, block.data(), block.size(), batch) == Status::block_too_small);
    CHECK(Batch::create(loaded.model, 3, block.data() + 4, block.size(), batch) == Status::misaligned);
    REQUIRE(Batch::create(loaded.model, 3, block.data(), block.size(), batch) == Status::ok);
    CHECK(batch->streams() == 3);
    const auto answer = [&](std::uint32_t i) {
        const auto out = (*batch)[i].output();
        return std::vector<float>(out.begin(), out.end());
    };
    const auto at_rest = answer(0);
    const std::uint32_t outside[] = {1, 2, 50}, two[] = {1, 2}, right[] = {1, Batch::resting, 3};
    const float x[4] = {}, bad[4] = {0, std::numeric_limits<float>::quiet_NaN(), 0, 0};
    const float* const of_features[] = {x, x, x};
    CHECK(batch->step(outside) == Status::token_out_of_range);
    CHECK(batch->step(two) == Status::wrong_batch);
    CHECK(batch->step(of_features) == Status::wrong_input);
    CHECK(answer(0) == at_rest);
    REQUIRE(batch->step(right) == Status::ok);
    CHECK(answer(0) != at_rest);
    CHECK(answer(1) == at_rest);
    CHECK(answer(2) != at_rest);

    test::Block other(Batch::bytes(features.model, 3));
    REQUIRE(Batch::create(features.model, 3, other.data(), other.size(), batch) == Status::ok);
    const auto still = answer(0);
    const float* const with_nan[] = {x, x, bad};
    CHECK(batch->step(with_nan) == Status::not_finite);
    CHECK(answer(0) == still);
}

// Where size_t has 32 bits, their bytes, multiples of 64, add up to 2^32 or beyond.
TEST_CASE("more streams than memory can have do not pass for few") {
    const Loaded loaded(test::token_graph(Cell::gru));
    test::Block block(Batch::bytes(loaded.model, 1));
    Batch* batch = nullptr;
    for (const std::uint32_t streams : {1u << 26, (1u << 26) + 1, 0xffffffffu}) {
        const std::uint64_t all = std::uint64_t(streams) * Session::bytes(loaded.model);
        CHECK(Batch::bytes(loaded.model, streams) >= std::min<std::uint64_t>(all, SIZE_MAX));
        CHECK(Batch::create(loaded.model, streams, block.data(), block.size(), batch) == Status::block_too_small);
    }
    CHECK(batch == nullptr);
}
