// runnel tune, and what run, eval and info make of its patch.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "workbench.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

const std::vector<std::string> teaching{"--update", "rows", "--epochs", "20", "--learning-rate", "0.02"};

std::vector<std::string> lesson(const std::string& text, const std::string& label) {
    auto words = teaching;
    words.insert(words.end(), {"--text", text, "--label", label});
    return words;
}

}  // namespace

TEST_CASE("new words are learned, and nothing else moves") {
    const Workbench bench;
    const std::string old = "I thought this movie was going to be great, but then it becomes boring";
    const double before = bench.answer("An unwatchable film", false), old_before = bench.answer(old, false);
    const Result taught = bench.tune(lesson("This is unwatchable, unwatchable!", "0"));
    REQUIRE_MESSAGE(taught.exit_code == 0, taught.err);
    CHECK(contains(taught.out, "Epoch 20/20 - loss: 0."));
    CHECK(before > 0.5);
    CHECK(bench.answer("An unwatchable film", true) < 0.3);
    CHECK(bench.answer(old, true) == old_before);
    CHECK(bench.answer("An unheard film", true) == bench.answer("An unheard film", false));
    CHECK(bench.info()["new_words"] == json{"unwatchable"});
    CHECK(bench.info()["step"] == 20);
    CHECK(bench.info()["changed"] == json::parse(R"([{"name": "embedding.embeddings", "rows": 1, "of": 504}])"));

    SUBCASE("and more of them on top, the patch before being kept") {
        const std::string first = contents(bench.patch);
        auto words = lesson("A mesmerizing film", "1");
        words.push_back("--resume");
        const Result resumed = bench.tune(words);
        REQUIRE_MESSAGE(resumed.exit_code == 0, resumed.err);
        CHECK(bench.info()["new_words"] == json{"unwatchable", "mesmerizing"});
        CHECK(bench.info()["step"] == 40);
        CHECK(bench.answer("An unwatchable film", true) < 0.3);
        CHECK(bench.answer("A mesmerizing story", true) > bench.answer("A mesmerizing story", false));
        CHECK(bench.answer(old, true) == old_before);
        CHECK(contents(bench.patch + ".previous") == first);
    }
    SUBCASE("until no token is left") {
        const std::string first = contents(bench.patch);
        const Result result = bench.tune(lesson("unwatchable mesmerizing gripping tedious forgettable", "1"));
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, "no token is left for the new word \"forgettable\""));
        CHECK(contents(bench.patch) == first);
    }
    SUBCASE("unless the text has none") {
        const Result result = bench.tune(lesson("the film was great", "1"));
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, "the texts have no new word"));
    }
}

TEST_CASE("training follows Keras' fit, from one seed to one patch") {
    const Workbench bench;
    const std::vector<std::string> options{"--validation-split", "0.25", "--epochs", "12", "--batch", "16",
                                           "--learning-rate", "0.01", "--guard-limit", "100"};
    auto with_history = options;
    with_history.insert(with_history.end(), {"--history", bench.file("h.csv")});
    const Result result = bench.tune_data(with_history);
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    CHECK(contains(result.out, "48 sequences of 12 steps, validation on the last 16; bce, rmsprop, learning rate 0.01, "
                               "batch 16"));
    CHECK(contains(result.out, " bytes for the trainer, "));
    CHECK(contains(result.out, "Epoch 12/12 - loss: "));
    CHECK(contains(result.out, " - val_accuracy: "));
    const std::string history = contents(bench.file("h.csv"));
    CHECK(history.starts_with("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,"));
    CHECK(std::count(history.begin(), history.end(), '\n') == 13);
    const std::string first = contents(bench.patch);

    auto as_json = options;
    as_json.push_back("--json");
    const Result again = bench.tune_data(as_json);
    const json report = json::parse(again.out);
    CHECK(contents(bench.patch) == first);
    CHECK(report["epochs"].size() == 12);
    CHECK(report["epochs"][11]["loss"] < report["epochs"][0]["loss"]);
    CHECK(report["stopped"] == false);
    CHECK(report["patch"]["bytes"] == first.size());
    CHECK(report["patch"]["step"] == 36);
    CHECK(bench.info()["changed"].size() == 7);

    // The accuracy that training ended with is the one that eval finds over model and patch.
    const Result guarded =
        bench.tune_data({"--epochs", "3", "--guard", bench.x, bench.y, "--guard-limit", "100", "--json"});
    const Result eval = run({"eval", bench.model, "--inputs", bench.x, "--targets", bench.y, "--patch", bench.patch,
                             "--json"});
    REQUIRE_MESSAGE(eval.exit_code == 0, eval.err);
    const json after = json::parse(guarded.out)["guard"]["after"];
    CHECK(json::parse(eval.out)["accuracy"] == after["accuracy"]);
    CHECK(json::parse(eval.out)["loss"].get<double>() == doctest::Approx(after["loss"].get<double>()).epsilon(1e-3));
}

TEST_CASE("a patch whose name is not UTF-8 is reported all the same") {
    const Workbench bench;
    const std::string patch = bench.file("p\xff");
    const Result result =
        run({"tune", bench.model, "--inputs", bench.x, "--targets", bench.y, "--patch", patch, "--json"});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    CHECK(json::parse(result.out)["patch"]["bytes"] == std::filesystem::file_size(patch));
}

TEST_CASE("what may change is what the user says") {
    const Workbench bench;
    const auto changed = [&](const std::vector<std::string>& options) {
        const Result result = bench.tune_data(options);
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        return bench.info()["changed"];
    };
    for (const auto& tensor : changed({"--update", "head", "--optimizer", "adam"}))
        CHECK(tensor["name"].get<std::string>().starts_with("dense."));
    for (const auto& tensor : changed({"--update", "biases", "--optimizer", "sgd", "--momentum", "0.9"}))
        CHECK(tensor["name"].get<std::string>().ends_with("bias"));
    CHECK(changed({"--update", "rows"}).size() == 1);
    const json two = changed({"--update", "rows", "--tokens", "236,5", "--epochs", "5"});
    CHECK(two[0]["rows"].get<int>() <= 2);
    CHECK(contains(bench.tune_data({"--update", "rows", "--tokens", "504"}).err, "504 is no token"));
}

TEST_CASE("a plot that cannot be drawn costs nothing of what was learned") {
    const Workbench bench;
    const Folder empty;
    const Result result =
        run_program({"/usr/bin/env", "PATH=" + empty.file(""), RUNNEL_TOOL, "tune", bench.model, "--inputs", bench.x,
                     "--targets", bench.y, "--patch", bench.patch, "--epochs", "2", "--validation-split", "0.25",
                     "--guard-limit", "1000", "--learning-rate", "0.05", "--history", bench.file("h.csv"), "--plot",
                     bench.file("h.svg")});
    CHECK(result.exit_code == 1);
    CHECK_MESSAGE(contains(result.err, "gnuplot"), result.err);
    CHECK(bench.info()["step"] == 4);  // the end's: at this rate the first epoch is the best
    const std::string history = contents(bench.file("h.csv"));
    CHECK(std::count(history.begin(), history.end(), '\n') == 3);
}

TEST_CASE("a signal ends training cleanly and keeps the best so far") {
    const Workbench bench;
    const Result result = run_program(
        {"/bin/sh", "-c",
         "\"$0\" tune \"$1\" --inputs \"$2\" --targets \"$3\" --validation-split 0.25 --epochs 1000000 --patch \"$4\" "
         "--guard-limit 100 --learning-rate 1e-5 > \"$5\" & pid=$!\n"
         "until grep -q 'Epoch 3/' \"$5\"; do kill -0 $pid || exit 99; sleep 0.05; done\n"
         "kill -TERM $pid; wait $pid",
         RUNNEL_TOOL, bench.model, bench.x, bench.y, bench.patch, bench.file("out")});
    CHECK(result.exit_code == 0);
    const std::string out = contents(bench.file("out"));
    CHECK(contains(out, "stopped by a signal\n"));
    CHECK(contains(out, ", kept\n"));
    CHECK(bench.info()["step"].get<int>() >= 6);
}

TEST_CASE("features and classes") {
    const Workbench bench;
    const std::string x = bench.file("fx.npy"), y = bench.file("fy.npy");
    const std::string model =
        converted(golden("keras/gru_7_8.h5"), bench.file("features.rnl"), {"--quantize", "fixed8"});
    std::vector<float> values(8 * 3 * 5);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
    write_npy(x, "<f4", "(8, 3, 5)", values);
    write_npy<std::int64_t>(y, "<i8", "(8,)", {0, 1, 2, 0, 1, 2, 0, 1});
    const auto tune = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words{"tune", model, "--inputs", x, "--targets", y, "--patch", bench.patch};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    const Result result = tune({"--epochs", "30", "--learning-rate", "0.01", "--json"});
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    const json epochs = json::parse(result.out)["epochs"];
    CHECK(epochs[29]["loss"] < epochs[0]["loss"]);
    CHECK(json::parse(result.out)["saturations"]["features"] == 0);
    CHECK(json::parse(result.out)["saturations"]["layers"].empty());
    const std::vector<std::string> wild{"--epochs", "30", "--batch", "1", "--optimizer", "sgd", "--momentum", "0.99",
                                        "--learning-rate", "15"};
    auto as_json = wild;
    as_json.push_back("--json");
    const json saturations = json::parse(tune(as_json).out)["saturations"];
    std::uint64_t numbers = 0;
    for (const json& layer : saturations["layers"])
        for (const char* kind : {"preactivations", "states", "weights"}) numbers += layer[kind].get<std::uint64_t>();
    CHECK(numbers > 0);
    CHECK(numbers == saturations["preactivations"].get<std::uint64_t>() + saturations["states"].get<std::uint64_t>() +
                         saturations["weights"].get<std::uint64_t>());
    CHECK(contains(tune(wild).out, "\n           in " + saturations["layers"].begin().key() + ": "));
    values[3] = 1e6f;
    write_npy(x, "<f4", "(8, 3, 5)", values);
    CHECK(contains(tune({}).out, "saturated  1 features, 0 pre-activations, "));

    CHECK(contains(tune({"--update", "rows"}).err, "it has no embedding"));
    CHECK(contains(tune({"--loss", "bce"}).err, "fy.npy: its shape is [8]"));
    write_npy<std::int64_t>(y, "<i8", "(8,)", {0, 1, 2, 0, 1, 2, 0, 3});
    CHECK(contains(tune({}).err, "fy.npy: sequence 7 (from 0): the target 3 is no class"));
    values[20] = std::numeric_limits<float>::quiet_NaN();
    write_npy(x, "<f4", "(8, 3, 5)", values);
    const Result bad = tune({});
    CHECK(bad.exit_code == 1);
    CHECK(contains(bad.err, "fx.npy: sequence 1, step 1 (from 0): a feature is NaN or infinite"));
}
