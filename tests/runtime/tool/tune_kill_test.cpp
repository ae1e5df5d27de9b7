// What a training that is killed leaves.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "workbench.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

/// The columns of the history file's lines; refuses one that is not whole.
std::vector<std::vector<double>> history_of(const std::string& path) {
    const std::string text = contents(path), header = "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n";
    REQUIRE(text.starts_with(header));
    REQUIRE(text.ends_with('\n'));
    std::istringstream lines(text.substr(header.size()));
    std::vector<std::vector<double>> rows;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream cells(line);
        std::vector<double> row;
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(std::stod(cell));
        REQUIRE(row.size() == 6);
        rows.push_back(row);
    }
    return rows;
}

/// Reads a training's output up to an epoch's line, then kills it.
void kill_at(LiveProgram& training, int epoch) {
    const std::string wanted = "Epoch " + std::to_string(epoch) + "/";
    std::string line;
    do {
        line = training.line();
        REQUIRE_FALSE(line.empty());
    } while (!line.starts_with(wanted));
    training.kill();
}

}  // namespace

TEST_CASE("killed, a training leaves its best epoch and the history up to it") {
    const Workbench bench;
    REQUIRE(bench.tune_data({"--guard-limit", "100"}).exit_code == 0);
    const std::string before = contents(bench.patch), history = bench.file("h.csv");
    // The share that is validated on, for eval.
    const std::string x = bench.file("vx.npy"), y = bench.file("vy.npy"), all_x = contents(bench.x),
                      all_y = contents(bench.y);
    std::vector<std::uint16_t> tokens(16 * 12);
    std::copy(all_x.end() - 16 * 12 * 2, all_x.end(), reinterpret_cast<char*>(tokens.data()));
    write_npy(x, "<u2", "(16, 12)", tokens);
    write_npy(y, "|u1", "(16,)", std::vector<std::uint8_t>(all_y.end() - 16, all_y.end()));
    for (const int epoch : {1, 2, 9}) {
        CAPTURE(epoch);
        write_file(bench.patch, {before.begin(), before.end()});
        std::filesystem::remove(history);
        LiveProgram training({"tune", bench.model, "--inputs", bench.x, "--targets", bench.y, "--validation-split",
                              "0.25", "--epochs", "1000000", "--patch", bench.patch, "--guard-limit", "1000",
                              "--history", history});
        kill_at(training, epoch);

        const auto rows = history_of(history);
        REQUIRE_FALSE(rows.empty());
        for (const auto& row : rows) CHECK(row[3] >= rows.back()[3]);
        const Result eval = run({"eval", bench.model, "--inputs", x, "--targets", y, "--patch", bench.patch, "--json"});
        REQUIRE_MESSAGE(eval.exit_code == 0, eval.err);
        // The patch is written first, so that it may be an epoch ahead.
        CHECK(json::parse(eval.out)["loss"].get<double>() <= rows.back()[3] * 1.001);
        CHECK(bench.info()["step"].get<int>() % 2 == 0);
        CHECK(bench.info()["step"].get<int>() >= 2 * static_cast<int>(rows.back()[0]));
        CHECK(contents(bench.patch) != before);
        CHECK(contents(bench.patch + ".previous") == before);
    }
    const int step = bench.info()["step"];
    const Result resumed = bench.tune_data({"--validation-split", "0.25", "--resume", "--guard-limit", "1000"});
    CHECK_MESSAGE(resumed.exit_code == 0, resumed.err);
    CHECK(bench.info()["step"] == step + 2);
    CHECK_FALSE(std::filesystem::exists(bench.patch + ".runnel-partial"));
}

TEST_CASE("killed, a training without validation leaves its last epoch") {
    const Workbench bench;
    LiveProgram training({"tune", bench.model, "--text", "This is unwatchable", "--label", "0", "--update", "rows",
                          "--epochs", "1000000", "--patch", bench.patch});
    kill_at(training, 3);
    CHECK(bench.info()["step"].get<int>() >= 3);
    CHECK(bench.info()["new_words"] == json{"unwatchable"});
}

TEST_CASE("a training whose end the guard refuses leaves the last epoch that it did not") {
    const Workbench bench;
    // The model is asked for the opposite of its own answers, ever further away from them.
    write_npy<std::uint8_t>(bench.file("ones.npy"), "|u1", "(64,)", std::vector<std::uint8_t>(64, 1));
    write_npy<std::uint8_t>(bench.file("zeros.npy"), "|u1", "(64,)", std::vector<std::uint8_t>(64, 0));
    const auto tune = [&](const std::string& epochs, const std::string& limit) {
        return bench.tune({"--inputs", bench.x, "--targets", bench.file("zeros.npy"), "--guard", bench.x,
                           bench.file("ones.npy"), "--guard-limit", limit, "--epochs", epochs, "--batch", "64",
                           "--optimizer", "sgd", "--learning-rate", "0.001"});
    };
    const Result refused = tune("100", "20");
    CHECK(refused.exit_code == 1);
    const std::string holds = bench.patch + ": holds epoch ";
    REQUIRE_MESSAGE(contains(refused.err, holds), refused.err);
    const int epoch = std::stoi(refused.err.substr(refused.err.find(holds) + holds.size()));
    CHECK(epoch < 100);
    const std::string held = contents(bench.patch);
    REQUIRE(tune(std::to_string(epoch), "100").exit_code == 0);
    CHECK((contents(bench.patch) == held));
}
