// What runnel tune refuses, and patches that run, eval and info refuse.
#include <doctest/doctest.h>

#include <fstream>
#include <limits>

#include "workbench.hpp"

using namespace runnel::test;

TEST_CASE("bad input: a clear message, and the last good patch untouched") {
    const Workbench bench;
    const std::string x = bench.file("bad_x.npy"), y = bench.file("bad_y.npy");
    std::ofstream(bench.patch) << "last good";
    const auto refused = [&](const std::vector<std::string>& options, int exit_code, const std::string& message) {
        CAPTURE(message);
        const Result result = bench.tune(options);
        CHECK(result.exit_code == exit_code);
        CHECK_MESSAGE(contains(result.err, message), result.err);
        CHECK(contents(bench.patch) == "last good");
    };
    const std::vector<std::string> good{"--inputs", bench.x, "--targets", bench.y};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), good.begin(), good.end());
        return more;
    };
    for (const char* rate : {"0", "-1", "1e9", "nan", "1e-12"})
        refused(with({"--learning-rate", rate}), 2, "--learning-rate");
    refused(with({"--optimizer", "sgd", "--momentum", "nan"}), 2, "--momentum: nan is not a number from 0 to 0.9999");
    for (const char* option : {"--validation-split", "--guard-limit", "--clip-value", "--clip-norm"})
        refused(with({option, "nan"}), 2, std::string(option) + ": nan is not a number");
    refused(with({"--clip-norm", "1e-9"}), 2, "at least 1e-6");
    refused({}, 2, "tune learns from --inputs");
    refused({"--inputs", bench.x}, 2, "--inputs needs --targets");
    refused({"--text", "good"}, 2, "each text needs its label");
    refused(with({"--patience", "3"}), 2, "need --validation");
    refused(with({"--tokens", "4"}), 2, "--tokens goes with");
    refused(with({"--epochs", "0"}), 2, "--epochs");
    refused(with({"--validation-split", "0.999"}), 1, "cannot be split");
    refused(with({"--loss", "categorical"}), 1, "does not fit the last layer");
    refused(with({"--loss", "mean_absolute_error"}), 2, "--loss: mean_absolute_error is measured, not trained");
    refused(with({"--loss", "2"}), 2, "--loss: \"2\" is none of these: binary_crossentropy, ");
    refused(with({"--optimizer", "Adamax"}), 2, "--optimizer: \"Adamax\" is none of these: sgd, rmsprop, adam");
    refused(with({"--update", "1"}), 2, "--update: \"1\" is none of these: all, head, biases, rows");
    refused(with({"--update", "rows", "--tokens", "1 2"}), 2, "several values stand between commas, without spaces");
    refused({"--text", "good film", "--label", "2"}, 1, "label \"2\" is no probability");
    refused({"--text", "good film", "--label", "bad"}, 1, "label \"bad\" is neither a number nor the name");
    const std::string word(100'000, 'w'), shown = '"' + std::string(80, 'w') + "...\"";
    refused({"--text", "good film", "--label", word}, 1, "label " + shown + " is neither");
    refused({"--text", word + " qb qc qd qe", "--label", "1", "--update", "rows"}, 1,
            "no token is left for the new word \"qe\"");
    refused({"--text", "qa qb qc qd " + word, "--label", "1", "--update", "rows"}, 1,
            "no token is left for the new word " + shown);

    write_npy<std::uint8_t>(y, "|u1", "(63,)", std::vector<std::uint8_t>(63));
    refused({"--inputs", bench.x, "--targets", y}, 1, "bad_y.npy: its shape is [63]");
    write_npy<std::uint8_t>(y, "|u1", "(64,)", std::vector<std::uint8_t>(64, 2));
    refused({"--inputs", bench.x, "--targets", y}, 1, "bad_y.npy: sequence 0 (from 0): the target 2 is no probability");
    write_npy<float>(y, "<f4", "(64,)", std::vector<float>(64, std::numeric_limits<float>::quiet_NaN()));
    refused({"--inputs", bench.x, "--targets", y}, 1, "bad_y.npy: sequence 0 (from 0): the target nan is not finite");
    write_npy<float>(y, "<f4", "(64,)", std::vector<float>(64, 5000));
    refused({"--inputs", bench.x, "--targets", y, "--loss", "mse"}, 1, "beyond 2,047");
    write_npy<std::uint16_t>(x, "<u2", "(64, 1)", std::vector<std::uint16_t>(64, 504));
    refused({"--inputs", x, "--targets", bench.y}, 1, "bad_x.npy: sequence 0, step 0 (from 0): 504 is not a token");
    write_npy<std::uint16_t>(x, "<u2", "(0, 12)", {});
    refused({"--inputs", x, "--targets", bench.y}, 1, "bad_x.npy: it has no sequences");
    refused({"--inputs", bench.file("none.npy"), "--targets", bench.y}, 1, "none.npy: cannot be opened");
    refused(with({"--history", bench.file("none/h.csv")}), 1, "none/h.csv: cannot be created");
    refused(with({"--plot", bench.file("none/h.svg")}), 1, "none/h.svg: cannot be created");
    refused(with({"--resume"}), 1, "not a patch of this network, or damaged");

    const Result full = run_program(
        {"/bin/sh", "-c", "ulimit -f 1; exec \"$0\" tune \"$1\" --inputs \"$2\" --targets \"$3\" --patch \"$4\"",
         RUNNEL_TOOL, bench.model, bench.x, bench.y, bench.patch});
    CHECK(full.exit_code == 1);
    CHECK_MESSAGE(contains(full.err, bench.patch + ": cannot be written: File too large"), full.err);
    CHECK(contents(bench.patch) == "last good");
}

TEST_CASE("a patch does not replace its model") {
    const Workbench bench;
    const std::string before = contents(bench.model);
    const Result result = run({"tune", bench.model, "--inputs", bench.x, "--targets", bench.y, "--patch", bench.model});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, bench.model + ": is the model"));
    CHECK((contents(bench.model) == before));
}

TEST_CASE("a patch goes with its model alone") {
    const Workbench bench;
    REQUIRE(bench.tune_data({}).exit_code == 0);
    const std::string source = golden("imdb_gru/imdb_gru.h5"), floats = converted(source, bench.file("floats.rnl"));
    const std::string other = converted(source, bench.file("other.rnl"), {"--quantize", "fixed"});
    CHECK(run({"info", bench.model, "--patch", bench.patch}).exit_code == 0);
    for (const std::string command : {"info", "run"}) {
        const Result foreign = run({command, other, "--patch", bench.patch});
        CHECK(foreign.exit_code == 1);
        CHECK(contains(foreign.err, bench.patch + ": the patch belongs to another model"));
        CHECK(contains(run({command, floats, "--patch", bench.patch}).err, "only such models take patches"));
    }
    const auto tune = [&](const std::string& model) {
        return run({"tune", model, "--inputs", bench.x, "--targets", bench.y, "--patch", bench.patch, "--resume"}).err;
    };
    CHECK(contains(tune(other), "the patch belongs to another model"));
    CHECK(contains(tune(floats), "its weights are not fixed"));
    std::string damaged = contents(bench.patch);
    damaged[100] ^= 1;
    std::ofstream(bench.patch, std::ios::binary) << damaged;
    CHECK(contains(run({"eval", bench.model, "--inputs", bench.x, "--targets", bench.y, "--patch", bench.patch}).err,
                   bench.patch + ": not a patch of this network, or damaged"));
}
