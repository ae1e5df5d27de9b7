// What runnel tune may not forget.
#include <doctest/doctest.h>

#include <algorithm>

#include "workbench.hpp"

using namespace runnel::test;
using nlohmann::json;

TEST_CASE("what must not be forgotten keeps the patch from being written") {
    const Workbench bench;
    // The model is asked for the opposite of its own answers.
    write_npy<std::uint8_t>(bench.file("ones.npy"), "|u1", "(64,)", std::vector<std::uint8_t>(64, 1));
    write_npy<std::uint8_t>(bench.file("zeros.npy"), "|u1", "(64,)", std::vector<std::uint8_t>(64, 0));
    const auto forgetting = [&](const std::string& limit) {
        return bench.tune({"--inputs", bench.x, "--targets", bench.file("zeros.npy"), "--guard", bench.x,
                           bench.file("ones.npy"), "--guard-limit", limit, "--epochs", "20", "--learning-rate",
                           "0.01"});
    };
    const Result refused = forgetting("1");
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.err, bench.patch + ": not written: what must not be forgotten got worse by "));
    CHECK(contains(refused.err, "see --guard-limit"));
    CHECK_FALSE(std::filesystem::exists(bench.patch));
    CHECK(forgetting("100").exit_code == 0);
    CHECK(std::filesystem::exists(bench.patch));
}

TEST_CASE("a loss of nothing that stays so has not got worse") {
    const Workbench bench;
    const std::string model =
        converted(golden("keras/simple_rnn_linear.keras"), bench.file("linear.rnl"), {"--quantize", "fixed"});
    const std::string x = bench.file("fx.npy"), own_answers = bench.file("own.npy");
    write_npy<float>(x, "<f4", "(4, 2, 3)", std::vector<float>(4 * 2 * 3, 0.25f));
    REQUIRE(run({"run", model, "--input", x, "--output", own_answers}).exit_code == 0);
    const Result result = run({"tune", model, "--inputs", x, "--targets", own_answers, "--guard", x, own_answers,
                               "--patch", bench.patch, "--optimizer", "sgd", "--learning-rate", "1e-6", "--json"});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    CHECK(json::parse(result.out)["guard"]["before"]["loss"] == 0);
    CHECK(json::parse(result.out)["guard"]["after"]["loss"] == 0);
}

TEST_CASE("the best epoch and the guard judge by one measure, unless told otherwise") {
    const Workbench bench;
    // One sequence, again and again: answers p, at first about 0.72, that a training towards 0 lowers. Where 7 of 16
    // are right to say 1, the loss is smallest at p = 7/16; where 9 of 16 are, it is smaller there than at 0.72, but
    // two answers more are wrong.
    const auto set = [&](const std::string& name, int count, int ones) {
        std::vector<std::uint8_t> labels(static_cast<std::size_t>(count), 0);
        std::fill_n(labels.begin(), ones, 1);
        const std::string x = bench.file(name + "_x.npy"), y = bench.file(name + "_y.npy"), n = std::to_string(count);
        write_npy(x, "<u2", "(" + n + ", 12)", std::vector<std::uint16_t>(labels.size() * 12, 4));
        write_npy(y, "|u1", "(" + n + ",)", labels);
        return std::vector<std::string>{x, y};
    };
    const auto training = set("train", 64, 0), validation = set("val", 16, 7), guard = set("guard", 16, 9);
    const auto tune = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"--inputs",    training[0],   "--targets", training[1],  "--validation",
                                   validation[0], validation[1], "--guard",   guard[0],     guard[1],
                                   "--optimizer", "sgd",         "--batch",   "64",         "--learning-rate",
                                   "0.002",       "--epochs",    "100",       "--patience", "3"});
        return bench.tune(more);
    };
    const Result by_loss = tune({"--restore-best"});
    REQUIRE_MESSAGE(by_loss.exit_code == 0, by_loss.err);
    CHECK(contains(by_loss.out, "\nguard      7 of 16 right, before 9; loss 0.7"));
    std::filesystem::remove(bench.patch);

    const std::string worse =
        "got worse by 12.50 points, more than one sequence's 6.25 (7 of 16 right, before 9; loss ";
    CHECK(contains(tune({"--restore-best", "--guard-measure", "accuracy"}).err, worse));
    CHECK(contains(tune({}).err, worse));
}

TEST_CASE("a loss without accuracy cannot be guarded by it") {
    const Workbench bench;
    const Result result = bench.tune_data({"--loss", "mse", "--guard-measure", "accuracy"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "--guard-measure: mse has no accuracy; there is loss"));
    CHECK(contains(bench.tune_data({"--guard-measure", "f1"}).err, "\"f1\" is none of these: loss, accuracy"));
}
