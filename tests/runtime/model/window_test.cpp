#include "runnel/window.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/float64.hpp"
#include "support/isa.hpp"
#include "support/quantized_models.hpp"

using namespace runnel;
using schema::Cell;
using schema::Format;

namespace {

struct Loaded {
    test::FileImage file;
    Model model;
    explicit Loaded(test::FileImage image) : file(std::move(image)) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    }
    Loaded(const Loaded&) = delete;
};

struct Windowed {
    test::Block block;
    Window* window = nullptr;
    Windowed(const Model& model, std::uint32_t steps, std::uint32_t hop) : block(Window::bytes(model, steps, hop)) {
        REQUIRE(Window::create(model, steps, hop, block.data(), block.size(), window) == Status::ok);
    }
    Window* operator->() { return window; }
};

/// The steps of a stream: features, or tokens of which some are 0.
struct Steps {
    ModelInfo info;
    std::vector<float> features;
    Steps(const Model& model, std::size_t count)
        : info(model.info()), features(test::uniform(count * info.inputs, 2, 5)) {}

    template <class Stepping> Status step(Stepping& s, std::size_t t) const {
        if (info.takes_tokens) return s.step(std::uint32_t(t % 4 ? t * 7 % info.inputs : 0));
        return s.step(&features[t * info.inputs], info.inputs);
    }
};

/// The answer of a fresh session to the steps [from, to).
std::vector<float> fresh_answer(const Model& model, const Steps& steps, std::size_t from, std::size_t to) {
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    for (std::size_t t = from; t < to; ++t) REQUIRE(steps.step(*session, t) == Status::ok);
    const auto y = session->output();
    return {y.begin(), y.end()};
}

/// Steps a window three times its length, twice with a reset between, and requires of each answer the bits of a fresh
/// session, and none where no window ends.
void compare_with_fresh_sessions(const Model& model, std::uint32_t length, std::uint32_t hop) {
    CAPTURE(length);
    CAPTURE(hop);
    const std::size_t count = 3 * std::size_t(length) + hop;
    const Steps steps(model, count);
    Windowed windowed(model, length, hop);
    std::size_t wrong = 0, answers = 0;
    for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t t = 0; t < count; ++t) {
            REQUIRE(steps.step(*windowed.window, t) == Status::ok);
            const auto y = windowed->output();
            const bool ends = t + 1 >= length && (t + 1 - length) % hop == 0;
            wrong += y.empty() == ends;
            if (!ends || y.empty()) continue;
            const auto expected = fresh_answer(model, steps, t + 1 - length, t + 1);
            wrong += !std::equal(y.begin(), y.end(), expected.begin(), expected.end());
            ++answers;
        }
        windowed->reset();
        wrong += !windowed->output().empty();
    }
    CHECK(wrong == 0);
    CHECK(answers == 2 * ((count - length) / hop + 1));
}

constexpr struct {
    std::uint32_t length, hop;
} shapes[] = {{1, 1}, {2, 1}, {9, 1}, {9, 2}, {9, 3}, {8, 4}, {5, 5}, {3, 7}, {70, 16}};

void compare_all(test::FileImage file) {
    const Loaded loaded(std::move(file));
    for (const auto& s : shapes) compare_with_fresh_sessions(loaded.model, s.length, s.hop);
}

}  // namespace

TEST_CASE("each answer is that of a fresh session to the window's steps") {
    for (const Cell cell : {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm}) {
        CAPTURE(int(cell));
        compare_all(test::file_of(test::feature_graph(cell)));
        compare_all(test::file_of(test::token_graph(cell, true)));
    }
}

TEST_CASE("likewise with quantized and with fixed weights") {
    for (const bool dynamic : {false, true})
        compare_all(test::quantized_file_of(test::feature_graph(Cell::gru), Format::int8, Format::f32, dynamic));
    compare_all(test::quantized_file_of(test::token_graph(Cell::lstm), Format::int8x16, Format::f16));
    compare_all(test::fixed_file_of(test::feature_graph(Cell::lstm)));
    compare_all(test::fixed_file_of(test::token_graph(Cell::gru, true), Format::fixed8));
}

TEST_CASE("a window of one step answers each step alone: LSTM(8), Dense(1), in float64") {
    test::Graph graph;
    graph.layers = {test::recurrent(Cell::lstm, 3, 8), test::dense(8, 1, Function::linear)};
    const auto& r = std::get<converter::Recurrent>(graph.layers[0].kind);
    const auto& d = std::get<converter::Dense>(graph.layers[1].kind);
    const test::Cell64 cell{int(Cell::lstm), 3, 8, r.input.values, r.recurrent.values, r.bias,
                            r.activation, r.recurrent_activation};
    const Loaded loaded(test::file_of(graph));
    Windowed windowed(loaded.model, 1, 1);
    const auto lines = test::uniform(100 * 3, 2, 9);
    for (std::size_t t = 0; t < 100; ++t) {
        REQUIRE(windowed->step(&lines[t * 3], 3) == Status::ok);
        test::Vector h(8), c(8);
        cell.step({lines[t * 3], lines[t * 3 + 1], lines[t * 3 + 2]}, h, c);
        REQUIRE(windowed->output().size() == 1);
        CHECK(std::fabs(double(windowed->output()[0]) - (test::row_times(d.weights.values, 0, h) + d.bias[0])) < 2e-6);
    }
}

TEST_CASE("a one-hot token is a step of a model of features") {
    const Loaded loaded(test::file_of(test::feature_graph(Cell::gru)));
    Windowed tokens(loaded.model, 3, 1), features(loaded.model, 3, 1);
    for (std::uint32_t t = 0; t < 9; ++t) {
        float x[4] = {};
        x[t * 3 % 4] = 1;
        REQUIRE(tokens->step(t * 3 % 4) == Status::ok);
        REQUIRE(features->step(x, 4) == Status::ok);
        REQUIRE(tokens->output().size() == features->output().size());
        if (t >= 2) CHECK(tokens->output()[0] == doctest::Approx(features->output()[0]).epsilon(1e-6));
    }
}

TEST_CASE("what is wrong leaves a window as it was") {
    const Loaded words(test::file_of(test::token_graph(Cell::gru)));
    const Loaded loaded(test::file_of(test::feature_graph(Cell::gru)));
    const Model nothing;
    const std::size_t needed = Window::bytes(loaded.model, 6, 2);
    CHECK(needed % 64 == 0);
    CHECK(needed > Batch::bytes(loaded.model, 3));
    CHECK(needed < Batch::bytes(loaded.model, 4));
    CHECK(Window::bytes(loaded.model, 0, 1) == 0);
    CHECK(Window::bytes(loaded.model, 1, 0) == 0);
    CHECK(Window::bytes(nothing, 6, 2) == 0);
    const test::Block block(needed);
    Window* window = nullptr;
    const auto create = [&](const Model& model, std::uint32_t steps, std::uint32_t hop, std::size_t at,
                            std::size_t size) {
        return Window::create(model, steps, hop, block.data() + at, size, window);
    };
    CHECK(create(nothing, 6, 2, 0, needed) == Status::not_loaded);
    CHECK(create(loaded.model, 0, 2, 0, needed) == Status::wrong_window);
    CHECK(create(loaded.model, 6, 0, 0, needed) == Status::wrong_window);
    CHECK(create(loaded.model, 6, 2, 4, needed) == Status::misaligned);
    CHECK(create(loaded.model, 6, 2, 0, needed - 1) == Status::block_too_small);
    CHECK(create(loaded.model, 0xffffffff, 1, 0, needed) == Status::block_too_small);
    CHECK(Window::create(loaded.model, 6, 2, nullptr, needed, window) == Status::block_too_small);
    CHECK(window == nullptr);
    REQUIRE(create(loaded.model, 6, 2, 0, needed) == Status::ok);

    const Steps steps(loaded.model, 20);
    std::vector<float> bad(4, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t t = 0; t < 20; ++t) {
        REQUIRE(steps.step(*window, t) == Status::ok);
        const auto before = window->output();
        CHECK(window->step(bad.data(), 4) == Status::not_finite);
        CHECK(window->step(bad.data(), 3) == Status::wrong_feature_count);
        CHECK(window->step(4u) == Status::token_out_of_range);
        REQUIRE(window->output().size() == before.size());
        REQUIRE(before.empty() == (t < 5 || t % 2 == 0));
        if (!before.empty()) CHECK(window->output()[0] == fresh_answer(loaded.model, steps, t - 5, t + 1)[0]);
    }
    Windowed of_words(words.model, 2, 1);
    CHECK(of_words->step(bad.data(), 50) == Status::wrong_input);
    CHECK(of_words->step(50u) == Status::token_out_of_range);
    unsigned char patch[64] = {};
    std::size_t bytes = 1;
    CHECK(of_words->patch_bytes(patch, sizeof patch, bytes) == Status::not_fixed);
    CHECK(of_words->apply_patch(patch, sizeof patch, nullptr, 0) == Status::not_fixed);
}
