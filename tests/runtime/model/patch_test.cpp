// A session over a model and a patch answers as the trainer that wrote the patch.
#include <doctest/doctest.h>

#include <memory>

#include "fixed_learner.hpp"
#include "formats/file.hpp"
#include "quantize/quantize.hpp"
#include "readers/readers.hpp"
#include "runnel/fixed_model.hpp"
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
    float answer(const std::vector<std::uint16_t>& tokens) {
        session->reset();
        for (const std::uint16_t token : tokens) REQUIRE(session->step(token) == Status::ok);
        return session->output()[0];
    }
    Model model;
    std::unique_ptr<test::Block> block;
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
        REQUIRE(learner->trainer().predict(
                    {.tokens = tokens.data(), .count = 1, .steps = std::uint32_t(tokens.size())}, &answer) ==
                training::Status::ok);
        return float(answer) / 65536;
    }
    std::unique_ptr<FixedLearner> learner;
    std::vector<unsigned char> patch;
};

}  // namespace

TEST_CASE("a patched session answers as what was trained, and its model's other sessions as before") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8})
        for (const auto scope : {training::Scope::all, training::Scope::head, training::Scope::biases,
                                 training::Scope::rows}) {
            CAPTURE(int(scope));
            const auto file = image(format);
            Taught taught(file, scope);
            Running patched(file), plain(file);
            const float before = plain.answer(review);
            REQUIRE(patched.session->step(7u) == Status::ok);
            REQUIRE(patched.session->apply_patch(taught.patch.data(), taught.patch.size()) == Status::ok);
            CHECK(patched.answer(review) == taught.answer(review));
            CHECK(patched.answer({1, 4, 100}) == taught.answer({1, 4, 100}));
            if (scope == training::Scope::rows) CHECK(patched.answer({5, 100, 200}) == plain.answer({5, 100, 200}));
            CHECK(patched.answer(review) > before);
            CHECK(plain.answer(review) == before);
        }
}

TEST_CASE("a session refuses what is no patch of its model, and stays as it was") {
    const auto file = image(schema::Format::fixed), other = image(schema::Format::fixed, "another");
    Taught taught(file, training::Scope::head);
    Running running(file), stranger(other), floats(image(schema::Format::f32));
    const float before = running.answer(review);
    REQUIRE(running.session->step(7u) == Status::ok);
    for (std::size_t size = 0; size < taught.patch.size(); ++size)
        CHECK(running.session->apply_patch(taught.patch.data(), size) == Status::damaged_patch);
    for (std::size_t bit = 0; bit < taught.patch.size() * 8; ++bit) {
        auto changed = taught.patch;
        changed[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
        CHECK(running.session->apply_patch(changed.data(), changed.size()) == Status::damaged_patch);
    }
    CHECK(running.answer(review) == before);
    CHECK(stranger.session->apply_patch(taught.patch.data(), taught.patch.size()) == Status::foreign_patch);
    CHECK(floats.session->apply_patch(taught.patch.data(), taught.patch.size()) == Status::not_fixed);
}
