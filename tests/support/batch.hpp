/// A batch beside a session for each of its streams.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/random.hpp"

namespace runnel::test {

/// Steps a batch of `streams` 40 times, some of them resting, some starting anew, and requires of each stream, bit for
/// bit, what a session of its own answers.
inline void compare_batch_with_sessions(const Model& model, std::uint32_t streams, bool tokens) {
    const ModelInfo info = model.info();
    Block block(Batch::bytes(model, streams));
    Batch* batch = nullptr;
    REQUIRE(Batch::create(model, streams, block.data(), block.size(), batch) == Status::ok);
    std::vector<Block> blocks;
    std::vector<Session*> alone(streams);
    for (Session*& session : alone) {
        blocks.emplace_back(Session::bytes(model));
        REQUIRE(Session::create(model, blocks.back().data(), blocks.back().size(), session) == Status::ok);
    }
    std::size_t different = 0;
    for (std::uint32_t t = 0; t < 40; ++t) {
        const auto chance = uniform(streams, 1, 700 + t);
        std::vector<std::vector<float>> features;
        std::vector<const float*> inputs(streams);
        std::vector<std::uint32_t> ids(streams, Batch::resting);
        for (std::uint32_t i = 0; i < streams; ++i) {
            features.push_back(uniform(info.inputs, 1, 1000 + 50 * t + i));
            if (chance[i] < -0.9f) (*batch)[i].reset(), alone[i]->reset();
            if (chance[i] > 0.6f) continue;
            inputs[i] = features[i].data();
            ids[i] = (t * 17 + i * 5) % info.inputs;
            REQUIRE((tokens ? alone[i]->step(ids[i]) : alone[i]->step(inputs[i], info.inputs)) == Status::ok);
        }
        REQUIRE((tokens ? batch->step(ids) : batch->step(inputs)) == Status::ok);
        for (std::uint32_t i = 0; i < streams; ++i) {
            const auto together = (*batch)[i].output(), single = alone[i]->output();
            different += !std::equal(together.begin(), together.end(), single.begin(), single.end());
        }
    }
    CHECK(different == 0);
}

}  // namespace runnel::test
