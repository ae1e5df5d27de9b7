#include "runnel/owned.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/models.hpp"

using namespace runnel;

namespace {

int blocks = 0;
bool heap_is_full = false;

struct Loaded {
    test::FileImage file = test::file_of(test::token_graph(schema::Cell::gru));
    Model model;
    Loaded() { REQUIRE(model.load(file.bytes().data(), file.bytes().size()) == Status::ok); }
};

float after(Session& session, std::uint32_t token) {
    REQUIRE(session.step(token) == Status::ok);
    return session.output()[0];
}

static_assert(!std::is_copy_constructible_v<OwnedSession> && !std::is_copy_assignable_v<OwnedSession>);
static_assert(std::is_nothrow_move_constructible_v<OwnedSession> && std::is_nothrow_move_assignable_v<OwnedSession>);

}  // namespace

// The wrappers' blocks are aligned; what else is so here lives through a whole test.
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    if (heap_is_full) return nullptr;
    const auto multiple = std::size_t(alignment);
    void* block = std::aligned_alloc(multiple, (size + multiple) / multiple * multiple);
    blocks += block != nullptr;
    return block;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    if (void* block = operator new(size, alignment, std::nothrow)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block, std::align_val_t) noexcept {
    blocks -= block != nullptr;
    std::free(block);
}

void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept { operator delete(block, alignment); }

TEST_CASE("an owned session moves along, and its block goes with it") {
    const Loaded loaded;
    const int before = blocks;
    {
        OwnedSession alone, reference;
        CHECK(!alone);
        REQUIRE(reference.create(loaded.model) == Status::ok);
        REQUIRE(alone.create(loaded.model) == Status::ok);
        CHECK(alone);
        CHECK(after(*alone, 3) == after(*reference, 3));
        const Session* place = &*alone;
        OwnedSession moved = std::move(alone);
        CHECK(!alone);
        CHECK(&*moved == place);
        CHECK(moved->output()[0] == reference->output()[0]);
        std::vector<OwnedSession> many;
        many.push_back(std::move(moved));
        for (int i = 0; i < 20; ++i) REQUIRE(many.emplace_back().create(loaded.model) == Status::ok);
        CHECK(after(*many[0], 5) == after(*reference, 5));
        CHECK(blocks == before + 22);
        many[1] = std::move(many[0]);
        CHECK(blocks == before + 21);
        CHECK(after(*many[1], 7) == after(*reference, 7));
        OwnedSession& same = many[1];
        many[1] = std::move(same);
        CHECK(after(*many[1], 8) == after(*reference, 8));
        REQUIRE(many[1].create(loaded.model) == Status::ok);  // anew, in zero state
        reference->reset();
        CHECK(after(*many[1], 9) == after(*reference, 9));
        CHECK(blocks == before + 21);
    }
    CHECK(blocks == before);
}

TEST_CASE("an owned batch") {
    const Loaded loaded;
    const int before = blocks;
    {
        OwnedBatch batch;
        OwnedSession session;
        REQUIRE(batch.create(loaded.model, 3) == Status::ok);
        REQUIRE(session.create(loaded.model) == Status::ok);
        CHECK(batch->streams() == 3);
        const std::uint32_t tokens[] = {4, Batch::resting, 9};
        REQUIRE(batch->step(tokens) == Status::ok);
        CHECK((*batch)[0].output()[0] == after(*session, 4));
        CHECK(batch.create(loaded.model, 0) == Status::wrong_batch);
        CHECK(!batch);
        if (sizeof(std::size_t) == 4) CHECK(batch.create(loaded.model, 0xffffffff) == Status::out_of_memory);
    }
    CHECK(blocks == before);
}

TEST_CASE("an owned window") {
    const Loaded loaded;
    const int before = blocks;
    {
        OwnedWindow window;
        OwnedSession session;
        REQUIRE(window.create(loaded.model, 2, 1) == Status::ok);
        REQUIRE(session.create(loaded.model) == Status::ok);
        REQUIRE(window->step(4) == Status::ok);
        CHECK(window->output().empty());
        REQUIRE(window->step(9) == Status::ok);
        after(*session, 4);
        CHECK(window->output()[0] == after(*session, 9));
        CHECK(window.create(loaded.model, 2, 0) == Status::wrong_window);
        CHECK(!window);
    }
    CHECK(blocks == before);
}

TEST_CASE("errors are statuses, after which nothing is owned") {
    const Loaded loaded;
    const int before = blocks;
    OwnedSession session;
    const Model nothing;
    CHECK(session.create(nothing) == Status::not_loaded);
    CHECK(!session);
    REQUIRE(session.create(loaded.model) == Status::ok);
    heap_is_full = true;
    const Status status = session.create(loaded.model);
    heap_is_full = false;
    CHECK(status == Status::out_of_memory);
    CHECK(!session);
    CHECK(blocks == before);
}
