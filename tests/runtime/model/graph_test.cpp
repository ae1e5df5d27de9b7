// Networks with branches, several inputs and several outputs, against float64.
#include <doctest/doctest.h>

#include <cstring>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/exercise.hpp"
#include "support/graph64.hpp"
#include "support/graphs.hpp"
#include "support/isa.hpp"
#include "support/quantized_models.hpp"
#include "support/worst.hpp"

using namespace runnel;
using schema::Cell;
using schema::Format;
using schema::Operation;

namespace {

constexpr Cell cells[] = {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm};

struct Loaded {
    test::FileImage file;
    Model model;
    test::Block block{0};
    Session* session = nullptr;

    explicit Loaded(test::FileImage image) : file(std::move(image)) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        block = test::Block(Session::bytes(model));
        REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    }
    Loaded(const Loaded&) = delete;
};

std::vector<float> features(std::size_t width, unsigned step) { return test::uniform(width, 1.0f, 100 + step); }

std::vector<float> copy(std::span<const float> values) { return {values.begin(), values.end()}; }

/// The largest error over some steps.
double largest_error(const test::Graph& graph, Loaded& loaded, bool asked_each_step = true) {
    test::Graph64 reference(graph);
    double worst = 0;
    for (unsigned t = 0; t < 20; ++t) {
        const ModelInfo info = loaded.model.info();
        test::Vector y;
        if (info.takes_tokens) {
            y = reference.step({double(t * 7 % info.inputs)});
            REQUIRE(loaded.session->step(t * 7 % info.inputs) == Status::ok);
        } else {
            const auto x = features(info.inputs, t);
            y = reference.step({x.begin(), x.end()});
            REQUIRE(loaded.session->step(x.data(), x.size()) == Status::ok);
        }
        if (!asked_each_step && t + 1 < 20) continue;
        const auto answer = loaded.session->output();
        REQUIRE(answer.size() == y.size());
        for (std::size_t i = 0; i < y.size(); ++i) worst = test::worse(worst, std::fabs(answer[i] - y[i]));
    }
    return worst;
}

}  // namespace

TEST_CASE("branches that meet again, before and behind the last state") {
    for (const Cell cell : cells) {
        CAPTURE(int(cell));
        const auto graph = test::branched_graph(cell);
        Loaded loaded(test::file_of(graph));
        CHECK(loaded.model.info().outputs == 9);
        CHECK(largest_error(graph, loaded) < 2e-6);
        loaded.session->reset();
        CHECK(largest_error(graph, loaded, false) < 2e-6);
    }
}

TEST_CASE("tokens that go two ways") {
    for (const Cell cell : cells) {
        const auto graph = test::token_branches(cell);
        Loaded loaded(test::file_of(graph));
        CHECK(largest_error(graph, loaded) < 2e-6);
    }
}

TEST_CASE("each operation, over the pieces of two inputs") {
    for (int o = 0; o <= int(Operation::MAX); ++o) {
        CAPTURE(o);
        const auto graph = test::combined_graph(Operation(o));
        Loaded loaded(test::file_of(graph));
        CHECK(largest_error(graph, loaded) < 1e-6);
    }
}

TEST_CASE("a network without any state") {
    test::Graph graph;
    graph.layers = {test::dense(3, 4, Function::tanh), test::dense(4, 3, Function::relu),
                    test::combine(Operation::add, 3, {0, 2}), test::concatenate({3, 4}, {3, 1})};
    Loaded loaded(test::file_of(graph));
    CHECK(largest_error(graph, loaded) < 1e-6);
}

TEST_CASE("convolutions over time") {
    for (const Cell cell : {Cell::gru, Cell::lstm})
        for (const std::size_t frames : {1, 2, 5})
            for (const std::size_t dilation : {1, 3})
                for (const bool whole : {false, true}) {
                    CAPTURE(frames);
                    CAPTURE(dilation);
                    CAPTURE(whole);
                    const auto graph = test::convolved_graph(cell, frames, dilation, whole);
                    Loaded loaded(test::file_of(graph));
                    CHECK(loaded.model.info().wait == (whole ? (frames - 1) * dilation + 1 : 0));
                    CHECK(largest_error(graph, loaded) < 2e-6);
                    loaded.session->reset();
                    CHECK(largest_error(graph, loaded, false) < 2e-6);
                }
}

TEST_CASE("a stream goes on from a saved state within its windows, at each step") {
    const auto file = test::file_of(test::convolved_graph(Cell::gru, 4, 3, true));
    Loaded whole(file), parts(file);
    for (unsigned t = 0; t < 20; ++t) {
        const auto x = features(3, t);
        REQUIRE(whole.session->step(x.data(), x.size()) == Status::ok);
        REQUIRE(parts.session->step(x.data(), x.size()) == Status::ok);
        CHECK(copy(parts.session->output()) == copy(whole.session->output()));
        std::vector<unsigned char> state(parts.session->state_bytes());
        REQUIRE(parts.session->save_state(state.data(), state.size()) == Status::ok);
        parts.session->reset();
        for (unsigned other = 0; other < t % 4; ++other) REQUIRE(parts.session->step(x.data(), x.size()) == Status::ok);
        REQUIRE(parts.session->restore_state(state.data(), state.size()) == Status::ok);
        CHECK(copy(parts.session->output()) == copy(whole.session->output()));
    }
}

TEST_CASE("quantized branches stay near") {
    const auto graph = test::branched_graph(Cell::gru);
    for (const Format format : {Format::f16, Format::int8x16, Format::int8}) {
        CAPTURE(int(format));
        Loaded loaded(test::quantized_file_of(graph, format, Format::f32));
        CHECK(largest_error(graph, loaded) < (format == Format::f16 ? 2e-3 : 0.1));
        Loaded dynamic(test::quantized_file_of(graph, format, Format::f32, true));
        CHECK(largest_error(graph, dynamic) < (format == Format::f16 ? 2e-3 : 0.1));
    }
}

TEST_CASE("batches, windows, and saved states of what is read behind the last state") {
    for (const auto& file :
         {test::file_of(test::branched_graph(Cell::lstm)), test::file_of(test::token_branches(Cell::gru)),
          test::quantized_file_of(test::branched_graph(Cell::gru), Format::int8, Format::f32),
          test::file_of(test::combined_graph(Operation::multiply)),
          test::file_of(test::convolved_graph(Cell::gru, 4, 3, true)),
          test::quantized_file_of(test::convolved_graph(Cell::lstm, 3, 1, false), Format::int8, Format::f32, true)}) {
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        CHECK(test::Exercise(model, true).run() == "");
    }
}

TEST_CASE("a saved state has the row of an embedding that only the answer reads") {
    test::Graph graph;
    graph.layers = {test::embedding(12, 5), test::recurrent(Cell::gru, 5, 3),
                    test::reading(test::embedding(12, 3), {0}), test::combine(Operation::add, 3, {2, 3})};
    graph = converter::stateful_first(std::move(graph));
    Loaded loaded(test::file_of(graph));
    CHECK(largest_error(graph, loaded) < 2e-6);
    CHECK(test::Exercise(loaded.model, true).run() == "");
}

TEST_CASE("streams of a batch answer as sessions do") {
    const auto graph = test::branched_graph(Cell::gru);
    Loaded loaded(test::file_of(graph));
    constexpr std::uint32_t streams = 5;
    const test::Block block(Batch::bytes(loaded.model, streams));
    Batch* batch = nullptr;
    REQUIRE(Batch::create(loaded.model, streams, block.data(), block.size(), batch) == Status::ok);
    for (unsigned t = 0; t < 4; ++t) {
        const auto x = features(6, t);
        REQUIRE(loaded.session->step(x.data(), x.size()) == Status::ok);
        const std::vector<const float*> all(streams, x.data());
        REQUIRE(batch->step(all) == Status::ok);
    }
    for (std::uint32_t n = 0; n < streams; ++n) CHECK(copy((*batch)[n].output()) == copy(loaded.session->output()));
}

TEST_CASE("features that are read late may be gone by then") {
    Loaded loaded(test::file_of(test::branched_graph(Cell::gru)));
    auto x = features(6, 1);
    REQUIRE(loaded.session->step(x.data(), x.size()) == Status::ok);
    std::fill(x.begin(), x.end(), NAN);
    for (const float y : loaded.session->output()) CHECK(std::isfinite(y));
}
