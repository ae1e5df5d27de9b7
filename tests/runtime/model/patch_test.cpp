// A session over a model and a patch answers as the trainer that wrote the patch.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/checksum.hpp"
#include "fixed_learner.hpp"
#include "formats/file.hpp"
#include "quantize/quantize.hpp"
#include "readers/readers.hpp"
#include "runnel/fixed_model.hpp"
#include "runnel/window.hpp"
#include "support/block.hpp"
#include "support/shared_data.hpp"
#include "write/pack.hpp"

using namespace runnel;

namespace {

converter::FileImage image(schema::Format format, const char* name = "") {
    const auto graph = converter::read_model(converter::read_file(test::golden("imdb_gru/imdb_gru.h5"))).graph;
    converter::Metadata metadata;
    metadata.source_name = name;
    return converter::pack(converter::quantize(graph, {.matrices = format}, nullptr), metadata);
}

struct Running {
    explicit Running(const converter::FileImage& file) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
        block = std::make_unique<test::Block>(Session::bytes(model));
        REQUIRE(Session::create(model, block->data(), Session::bytes(model), session) == Status::ok);
    }
    Status apply(const std::vector<unsigned char>& patch) {
        std::size_t bytes = 0;
        if (const Status status = session->patch_bytes(patch.data(), patch.size(), bytes); status != Status::ok)
            return status;
        changed.push_back(std::make_unique<test::Block>(bytes));
        return session->apply_patch(patch.data(), patch.size(), changed.back()->data(), bytes);
    }
    std::size_t patch_bytes(const std::vector<unsigned char>& patch) const {
        std::size_t bytes = 0;
        REQUIRE(session->patch_bytes(patch.data(), patch.size(), bytes) == Status::ok);
        return bytes;
    }
    float answer(const std::vector<std::uint16_t>& tokens) {
        session->reset();
        for (const std::uint16_t token : tokens) REQUIRE(session->step(token) == Status::ok);
        return session->output()[0];
    }
    Model model;
    std::unique_ptr<test::Block> block;
    std::vector<std::unique_ptr<test::Block>> changed;
    Session* session = nullptr;
};

const std::vector<std::uint16_t> review{1, 14, 20, 9, 4, 249, 110};

/// A trainer that has learned something of a model, and its patch.
struct Taught {
    Taught(const converter::FileImage& file, training::Scope scope) {
        Model model;
        REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok);
        const FixedNetwork network = fixed_network(model);
        learner = std::make_unique<FixedLearner>(training::Specification{.layers = network.layers,
                                                                         .layer_count = network.layer_count,
                                                                         .steps = 7,
                                                                         .scope = scope,
                                                                         .learning_rate = training::fraction<28>(0.01),
                                                                         .weight_bits = network.weight_bits});
        REQUIRE(load_parameters(model, learner->trainer()) == training::Status::ok);
        const auto base = learner->saved();
        const std::int32_t target = 65536;
        training::Result result;
        for (int i = 0; i < 20; ++i)
            learner->train({.tokens = review.data(), .targets = &target, .count = 1, .steps = 7}, result);
        std::uint8_t hash[32];
        training::hash_model(file.bytes().data(), file.bytes().size(), hash);
        patch.resize(learner->trainer().patch_bytes(base.data()));
        REQUIRE(learner->trainer().write_patch(base.data(), hash, patch.data(), patch.size()) == training::Status::ok);
    }
    float answer(const std::vector<std::uint16_t>& tokens) {
        std::int32_t answer = 0;
        REQUIRE(learner->trainer().predict({.tokens = tokens.data(), .count = 1, .steps = std::uint32_t(tokens.size())},
                                           &answer) == training::Status::ok);
        return float(answer) / 65536;
    }
    std::unique_ptr<FixedLearner> learner;
    std::vector<unsigned char> patch;
};

}  // namespace

TEST_CASE("a patched session answers as what was trained, and its model's other sessions as before") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8})
        for (const auto scope :
             {training::Scope::all, training::Scope::head, training::Scope::biases, training::Scope::rows}) {
            CAPTURE(int(scope));
            const auto file = image(format);
            Taught taught(file, scope);
            Running patched(file), plain(file);
            const float before = plain.answer(review);
            REQUIRE(patched.session->step(7u) == Status::ok);
            REQUIRE(patched.apply(taught.patch) == Status::ok);
            CHECK(patched.answer(review) == taught.answer(review));
            CHECK(patched.answer({1, 4, 100}) == taught.answer({1, 4, 100}));
            if (scope == training::Scope::rows) CHECK(patched.answer({5, 100, 200}) == plain.answer({5, 100, 200}));
            CHECK(patched.answer(review) > before);
            CHECK(plain.answer(review) == before);
        }
}

TEST_CASE("a patched window answers as what was trained, and begins anew") {
    const auto file = image(schema::Format::fixed);
    Taught taught(file, training::Scope::rows);
    Running running(file);
    const auto length = std::uint32_t(review.size());
    const test::Block block(Window::bytes(running.model, length, 2)), own(running.patch_bytes(taught.patch));
    Window* window = nullptr;
    REQUIRE(Window::create(running.model, length, 2, block.data(), block.size(), window) == Status::ok);
    for (const std::uint16_t token : review) REQUIRE(window->step(token) == Status::ok);
    const float before = window->output()[0];
    std::size_t bytes = 0;
    REQUIRE(window->patch_bytes(taught.patch.data(), taught.patch.size(), bytes) == Status::ok);
    CHECK(bytes == own.size());
    CHECK(window->apply_patch(taught.patch.data(), 20, own.data(), own.size()) == Status::damaged_patch);
    CHECK(window->output()[0] == before);
    REQUIRE(window->apply_patch(taught.patch.data(), taught.patch.size(), own.data(), own.size()) == Status::ok);
    CHECK(window->output().empty());
    std::vector<std::uint16_t> steps = review;
    steps.insert(steps.end(), {5, 100, 200, 7});
    for (std::size_t t = 0; t < steps.size(); ++t) {
        REQUIRE(window->step(steps[t]) == Status::ok);
        const bool ends = t + 1 >= length && (t + 1 - length) % 2 == 0;
        REQUIRE(window->output().empty() == !ends);
        const auto end = steps.begin() + std::ptrdiff_t(t + 1);
        if (ends) CHECK(window->output()[0] == taught.answer({end - length, end}));
    }
}

TEST_CASE("a session refuses what is no patch of its model, and stays as it was") {
    const auto file = image(schema::Format::fixed), other = image(schema::Format::fixed, "another");
    Taught taught(file, training::Scope::head);
    Running running(file), stranger(other), floats(image(schema::Format::f32));
    const float before = running.answer(review);
    const test::Block block(running.patch_bytes(taught.patch));
    REQUIRE(running.session->step(7u) == Status::ok);
    for (std::size_t size = 0; size < taught.patch.size(); ++size) {
        auto cut = taught.patch;
        cut.resize(size);
        CHECK(running.session->apply_patch(cut.data(), size, block.data(), block.size()) == Status::damaged_patch);
        CHECK(running.apply(cut) == Status::damaged_patch);
    }
    for (std::size_t bit = 0; bit < taught.patch.size() * 8; ++bit) {
        auto changed = taught.patch;
        changed[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
        CHECK(running.session->apply_patch(changed.data(), changed.size(), block.data(), block.size()) ==
              Status::damaged_patch);
    }
    CHECK(running.answer(review) == before);
    CHECK(stranger.apply(taught.patch) == Status::foreign_patch);
    CHECK(floats.apply(taught.patch) == Status::not_fixed);
}

TEST_CASE("a patched session copies the tensors that the patch changes, and no others") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8}) {
        const auto file = image(format);
        Running running(file);
        const auto bytes = [&](training::Scope scope) { return running.patch_bytes(Taught(file, scope).patch); };
        CHECK(bytes(training::Scope::head) == 64 + 64);                   // 8 weights, 1 bias
        CHECK(bytes(training::Scope::rows) == 500 * 16 * 2);              // the table
        CHECK(bytes(training::Scope::biases) == 2 * (24 * 4 + 32) + 64);  // 24 int32, in lines of 64
        CHECK(bytes(training::Scope::all) == 500 * 16 * 2 + (24 * 16 + 24 * 8) * 2 + 2 * (24 * 4 + 32) + 2 * 64);
    }
}

TEST_CASE("a patch's block must be large enough and aligned; a later patch takes the place of an earlier one") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8}) {
        const auto file = image(format);
        Taught rows(file, training::Scope::rows), head(file, training::Scope::head);
        Running running(file);
        const float before = running.answer(review);
        const std::size_t needed = running.patch_bytes(rows.patch);
        const test::Block block(needed + 64);
        const auto apply = [&](const Taught& t, unsigned char* at, std::size_t size) {
            return running.session->apply_patch(t.patch.data(), t.patch.size(), at, size);
        };
        block.data()[needed] = 0xA5;
        CHECK(apply(rows, block.data(), needed - 1) == Status::block_too_small);
        CHECK(apply(rows, nullptr, needed) == Status::block_too_small);
        CHECK(apply(rows, block.data() + 4, needed) == Status::misaligned);
        CHECK(running.answer(review) == before);
        REQUIRE(apply(rows, block.data(), needed) == Status::ok);
        CHECK(running.answer(review) == rows.answer(review));
        REQUIRE(apply(head, block.data(), needed) == Status::ok);
        CHECK(running.answer(review) == head.answer(review));
        REQUIRE(apply(rows, block.data(), needed) == Status::ok);
        CHECK(running.answer(review) == rows.answer(review));
        CHECK(block.data()[needed] == 0xA5);
    }
}

TEST_CASE("entries out of the tensors' order are refused: their copies could not be counted") {
    const auto file = image(schema::Format::fixed);
    Taught taught(file, training::Scope::head);
    // The Dense layer's 8 weights and its bias, exchanged, with the checksum made to fit.
    auto& patch = taught.patch;
    REQUIRE(patch.size() == 64 + 16 + 16 + 16 + 4);
    std::rotate(patch.begin() + 64, patch.begin() + 64 + 32, patch.end());
    const std::uint64_t sum = checksum(patch.data(), patch.size(), 8);
    std::memcpy(patch.data() + 8, &sum, sizeof sum);
    training::PatchInfo info;
    CHECK(training::read_patch(patch.data(), patch.size(), info) == training::Status::ok);
    CHECK(Running(file).apply(patch) == Status::damaged_patch);
}

TEST_CASE("a row that comes twice in a patch is refused") {
    const auto file = image(schema::Format::fixed);
    Taught taught(file, training::Scope::head);
    // The Dense layer's bias once more, with length, number of entries and checksum made to fit.
    auto& patch = taught.patch;
    REQUIRE(patch.size() == 64 + 16 + 16 + 16 + 4);
    const std::vector<unsigned char> bias(patch.end() - 20, patch.end());
    patch.insert(patch.end(), bias.begin(), bias.end());
    const std::uint32_t bytes = std::uint32_t(patch.size()), entries = 3;
    std::memcpy(patch.data() + 48, &bytes, sizeof bytes);
    std::memcpy(patch.data() + 52, &entries, sizeof entries);
    const std::uint64_t sum = checksum(patch.data(), patch.size(), 8);
    std::memcpy(patch.data() + 8, &sum, sizeof sum);
    training::PatchInfo info;
    CHECK(training::read_patch(patch.data(), patch.size(), info) == training::Status::ok);
    CHECK(info.entries == 3);
    CHECK(Running(file).apply(patch) == Status::damaged_patch);
}
