#include <cstring>
#include <doctest/doctest.h>
#include <string>

#include "gradients.hpp"
#include "self_test.hpp"

using namespace twin;

namespace {

constexpr uint8_t model[32] = {1, 2, 3}, other_model[32] = {1, 2, 4};

struct Taught {
    Specification spec = self_test::tutorial_one;
    Owned trainer;
    std::vector<unsigned char> saved, patch;

    explicit Taught(Scope scope, uint32_t updates = 5) : spec(with(scope)), trainer(spec) {
        REQUIRE(trainer.status == Status::ok);
        REQUIRE(load(*trainer.trainer, initial(spec, 1)));
        saved.resize(trainer->saved_bytes());
        trainer->save(saved.data());
        std::vector<uint16_t> tokens(100);
        int32_t target;
        Result result;
        for (uint32_t i = 0; i < updates; ++i)
            REQUIRE(self_test::train(*trainer.trainer, i, 1, tokens.data(), &target, result) == Status::ok);
        patch.resize(trainer->patch_bytes(saved.data()));
        REQUIRE(trainer->write_patch(saved.data(), model, patch.data(), patch.size()) == Status::ok);
    }
    static Specification with(Scope scope) {
        Specification s = self_test::tutorial_one;
        s.scope = scope;
        return s;
    }
};

}  // namespace

TEST_CASE("a patch turns the base model into what was learned") {
    for (Scope scope : {Scope::all, Scope::head, Scope::biases, Scope::rows}) {
        CAPTURE(int(scope));
        const Taught taught(scope);
        Owned fresh(taught.spec);
        REQUIRE(load(*fresh.trainer, initial(taught.spec, 1)));
        CHECK(self_test::hash(*fresh.trainer) != self_test::hash(*taught.trainer.trainer));
        REQUIRE(fresh->apply_patch(taught.patch.data(), taught.patch.size(), model) == Status::ok);
        CHECK(self_test::hash(*fresh.trainer) == self_test::hash(*taught.trainer.trainer));
        CHECK(fresh->step() == taught.trainer->step());
        for (uint32_t i = 0; i < fresh->parameters(); ++i) {
            const Parameter p = fresh->parameter(i);
            const bool may = scope == Scope::all || (scope == Scope::head && p.layer == 2) ||
                             (scope == Scope::biases && p.biases) || (scope == Scope::rows && p.layer == 0);
            CHECK((fresh->patched_rows(taught.patch.data(), i) > 0) == may);
            CHECK(fresh->patched_rows(taught.patch.data(), i) <= p.rows);
        }
    }
}

TEST_CASE("a patch holds what changed and no more") {
    CHECK(Taught(Scope::all, 0).patch.size() == 64);
    // Dense: one entry for the 8 weights, one for the bias.
    CHECK(Taught(Scope::head).patch.size() == 64 + 16 + 16 + 16 + 4);
    CHECK(Taught(Scope::rows).patch.size() < 64 + 500 * (16 + 32));
}

TEST_CASE("a patch that is cut, changed or foreign is refused and changes nothing") {
    const Taught taught(Scope::head);
    Owned fresh(taught.spec);
    REQUIRE(load(*fresh.trainer, initial(taught.spec, 1)));
    const uint32_t before = self_test::hash(*fresh.trainer);
    for (size_t size = 0; size < taught.patch.size(); ++size)
        CHECK(fresh->apply_patch(taught.patch.data(), size, model) == Status::damaged_patch);
    for (size_t bit = 0; bit < taught.patch.size() * 8; ++bit) {
        auto changed = taught.patch;
        changed[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
        CHECK(fresh->apply_patch(changed.data(), changed.size(), model) == Status::damaged_patch);
    }
    CHECK(fresh->apply_patch(taught.patch.data(), taught.patch.size(), other_model) == Status::foreign_patch);
    CHECK(self_test::hash(*fresh.trainer) == before);
    unsigned char small[100];
    CHECK(taught.trainer->write_patch(taught.saved.data(), model, small, sizeof small) == Status::block_too_small);
}

TEST_CASE("new words travel in a patch") {
    const Taught taught(Scope::rows);
    const char text[] = "unwatchable\0d\303\251j\303\240-vu";
    const Words words = {498, sizeof text, text};
    std::vector<unsigned char> patch(taught.trainer->patch_bytes(taught.saved.data(), words));
    REQUIRE(taught.trainer->write_patch(taught.saved.data(), model, patch.data(), patch.size(), words) == Status::ok);
    PatchInfo info;
    REQUIRE(read_patch(patch.data(), patch.size(), info) == Status::ok);
    CHECK(std::string(info.words.text, info.words.bytes) == std::string(text, sizeof text));
    CHECK(info.words.first_token == 498);
    CHECK(info.step == 5);
    CHECK(info.seed == taught.spec.seed);
    CHECK(std::memcmp(info.model, model, sizeof model) == 0);
    Owned fresh(taught.spec);
    REQUIRE(load(*fresh.trainer, initial(taught.spec, 1)));
    REQUIRE(fresh->apply_patch(patch.data(), patch.size(), model) == Status::ok);
    CHECK(self_test::hash(*fresh.trainer) == self_test::hash(*taught.trainer.trainer));
    for (size_t size = 0; size < patch.size(); ++size)
        CHECK(read_patch(patch.data(), size, info) == Status::damaged_patch);
    for (size_t bit = 0; bit < patch.size() * 8; ++bit) {
        auto changed = patch;
        changed[bit / 8] ^= static_cast<unsigned char>(1 << bit % 8);
        CHECK(read_patch(changed.data(), changed.size(), info) == Status::damaged_patch);
    }
    REQUIRE(read_patch(taught.patch.data(), taught.patch.size(), info) == Status::ok);
    CHECK(info.words.bytes == 0);
}

TEST_CASE("a sequence ends where parameters are set: its step would be half of the old ones") {
    const Taught taught(Scope::all);
    Owned fresh(taught.spec);
    REQUIRE(load(*fresh.trainer, initial(taught.spec, 1)));
    const Parameter table = fresh->parameter(0), last = fresh->parameter(fresh->parameters() - 1);
    const std::vector<int16_t> weights(table.weights, table.weights + size_t(table.rows) * table.columns);
    const std::vector<int32_t> biases(last.biases, last.biases + last.rows);
    const auto ends = [&](auto set) {
        REQUIRE(fresh->begin() == Status::ok);
        REQUIRE(fresh->advance(1) == Status::ok);
        set();
        return fresh->advance(1) == Status::not_begun;
    };
    CHECK_FALSE(ends([] {}));
    CHECK(ends([&] { CHECK(fresh->set_weights(0, weights.data(), 13) == Status::ok); }));
    CHECK(ends([&] { CHECK(fresh->set_biases(fresh->parameters() - 1, biases.data()) == Status::ok); }));
    CHECK(ends([&] { fresh->restore(taught.saved.data()); }));
    CHECK(ends([&] { CHECK(fresh->apply_patch(taught.patch.data(), taught.patch.size(), model) == Status::ok); }));
}
