// How runnel tune divides its inputs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "workbench.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

/// 64 times the same sequence, so that all answers are the same; `labels`: what to answer.
struct Alike : Workbench {
    std::string same = file("same.npy"), labels = file("labels.npy");

    explicit Alike(const std::vector<std::uint8_t>& answers) {
        write_npy(same, "<u2", "(64, 12)", std::vector<std::uint16_t>(64 * 12, 7));
        write_npy(labels, "|u1", "(64,)", answers);
    }
    Result tune(std::vector<std::string> more) const {
        more.insert(more.begin(), {"--inputs", same, "--targets", labels, "--validation-split", "0.25",
                                   "--learning-rate", "4e-9", "--guard-limit", "1000", "--seed", "3"});
        return Workbench::tune(more);
    }
};

/// The lower half of the labels 0, the upper half 1.
std::vector<std::uint8_t> sorted() {
    std::vector<std::uint8_t> labels(64, 0);
    std::fill(labels.begin() + 32, labels.end(), 1);
    return labels;
}

/// How many answers were right, of so many.
long right(const json& measure, int count) { return std::lround(measure["accuracy"].get<double>() * count); }

}  // namespace

TEST_CASE("the last share of sorted labels is said to be unlike the rest") {
    const Alike bench(sorted());
    const Result last = bench.tune({"--json"});
    REQUIRE(last.exit_code == 0);
    CHECK(contains(last.err, bench.labels + ": its targets are sorted, so that the last 16, validated on, are unlike "
                                            "those learned from; --shuffle-split SEED"));
    const json epoch = json::parse(last.out)["epochs"][0];
    const long all_ones = right(epoch["validation"], 16);
    CHECK((all_ones == 0 || all_ones == 16));
    CHECK(right(epoch, 48) == (all_ones ? 16 : 32));
}

TEST_CASE("a drawn share is said to be one, and is the same for the same seed") {
    const Alike bench(sorted());
    const auto drawn = [&](const char* seed) {
        const Result result = bench.tune({"--json", "--shuffle-split", seed});
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        CHECK(result.err == "");
        const json epoch = json::parse(result.out)["epochs"][0];
        CHECK(right(epoch, 48) + right(epoch["validation"], 16) == 32);  // each sequence on one side
        return right(epoch["validation"], 16);
    };
    const long first = drawn("7");
    CHECK(first > 0);
    CHECK(first < 16);
    CHECK(drawn("7") == first);
    bool differ = false;
    for (const char* seed : {"1", "2", "3", "4", "5", "6"}) differ |= drawn(seed) != first;
    CHECK(differ);
    CHECK(contains(bench.tune({"--shuffle-split", "7"}).out,
                   "48 sequences of 12 steps, validation on 16 drawn by seed 7; "));
}

TEST_CASE("labels that are not sorted, or all the same, are no reason to warn") {
    auto mixed = sorted();
    mixed[0] = 1;
    CHECK(Alike(mixed).tune({}).err == "");
    CHECK(Alike(std::vector<std::uint8_t>(64, 1)).tune({}).err == "");
    std::vector<std::uint8_t> falling = sorted();
    std::reverse(falling.begin(), falling.end());
    CHECK(contains(Alike(falling).tune({}).err, "its targets are sorted"));
}

TEST_CASE("a split is drawn of what is split") {
    const Alike bench(sorted());
    const Result result = bench.tune_data({"--shuffle-split", "7"});
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, "--shuffle-split"));
    CHECK(contains(result.err, "--validation-split"));
}
