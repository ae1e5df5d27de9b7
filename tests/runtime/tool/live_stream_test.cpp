// Live steps over a model whose convolution answers only when its window is full.
#include "live_stream.hpp"

#include <doctest/doctest.h>

#include "common/sequences.hpp"
#include "support/files.hpp"
#include "support/graphs.hpp"
#include "usage_error.hpp"

using namespace runnel;

namespace {

constexpr std::size_t frames = 3;  // of the convolution, and of the one behind it 2: the answer begins with step 4
constexpr std::uint32_t waited_steps = 3;

std::string written(const test::Folder& folder) {
    const auto file = test::file_of(test::convolved_graph(schema::Cell::gru, frames, 1, true));
    std::ofstream(folder.file("model.rnl"), std::ios::binary)
        .write(reinterpret_cast<const char*>(file.bytes().data()), std::streamsize(file.bytes().size()));
    return folder.file("model.rnl");
}

/// Which of some steps answer.
std::string answers(LiveStream& stream, int steps) {
    std::string which;
    for (int t = 0; t < steps; ++t) {
        const float x[] = {0.5f, -1, float(t)};
        REQUIRE(stream.step(x, 3) == Status::ok);
        which += stream.answer().empty() ? '-' : 'y';
    }
    return which;
}

}  // namespace

TEST_CASE("no answer before the window is full, from the start and from each reset") {
    const test::Folder folder;
    LoadedModel loaded(written(folder), "");
    REQUIRE(loaded.info().wait == waited_steps);
    LiveStream stream(loaded, {});
    CHECK(answers(stream, 6) == "---yyy");
    stream.save(folder.file("state"));
    stream.reset();
    CHECK(answers(stream, 4) == "---y");
    stream.reset();
    stream.restore(folder.file("state"));
    CHECK(answers(stream, 2) == "yy");
    LiveStream anew(loaded, {.reset_every = 5});
    anew.reset();
    CHECK(answers(anew, 10) == "---yy---yy");
    LiveStream windows(loaded, {.window = 4});
    CHECK(answers(windows, 6) == "---yyy");
    CHECK_THROWS_AS(LiveStream(loaded, {.window = waited_steps}), UsageError);
}

TEST_CASE("sequences too short for an answer are refused") {
    const test::Folder folder;
    const LoadedModel loaded(written(folder), "");
    const auto refused = [&](unsigned steps) {
        std::vector<unsigned char> file = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
        std::string header =
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, " + std::to_string(steps) + ", 3), }";
        header.resize(117, ' ');
        header += '\n';
        file.insert(file.end(), header.begin(), header.end());
        file.resize(file.size() + steps * 3 * sizeof(float));
        const npy::Array array(file, "x.npy");
        try {
            const Sequences sequences(array, "x.npy", loaded.info());
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refused(waited_steps) == "x.npy: its sequences have 3 steps, and the model's convolutions answer after 4");
    CHECK(refused(waited_steps + 1) == "");
}
