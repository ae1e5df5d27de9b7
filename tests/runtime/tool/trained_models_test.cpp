// The shipped model, converted and run by the programs. Expected values: a float64 reference, see tests/golden/imdb_gru.
#include <doctest/doctest.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/shared_data.hpp"

using namespace runnel::test;
using nlohmann::json;

TEST_CASE("the shipped model reads texts as its float64 reference does") {
    const Folder folder;
    const std::string model = converted(golden("imdb_gru/imdb_gru.h5"), folder.file("model.rnl"),
                                        {"--vocabulary", golden("imdb_gru/vocabulary.txt"), "--start-token", "1",
                                         "--unknown-token", "2"});
    std::ifstream file(golden("imdb_gru/expected.json"));
    const json texts = json::parse(file);
    REQUIRE(texts.size() > 0);
    for (const json& text : texts) {
        const Result result = run({"run", model, "--every-step", "--json", "--text", text["text"].get<std::string>()});
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        const json steps = json::parse(result.out)["steps"];
        REQUIRE(steps.size() == text["tokens"].size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            CHECK(steps[i]["token"] == text["tokens"][i]);
            CHECK(steps[i]["answer"][0].get<double>() ==
                  doctest::Approx(text["probabilities"][i].get<double>()).epsilon(1e-5));
        }
    }
}

TEST_CASE("a wake word that was trained on 29 steps: windows keep its answers, a carried stream does not") {
    const std::string data = shared_data();
    if (data.empty()) return;
    const Folder folder;
    const std::string source = data + "/keras/precise/hey-mycroft.net",
                      model = converted(source, folder.file("m.rnl"));
    const json scores = json::parse(run({"eval", model, "--inputs", source + ".x.npy", "--targets",
                                         source + ".y_float64.npy", "--loss", "mae", "--compare-window", "--json"})
                                        .out);
    CHECK(scores["loss"].get<double>() < 1e-8);  // the targets are the float64 reference's answers to the windows
    CHECK(scores["carried"]["loss"].get<double>() > 1e-4);
    CHECK(scores["carried"]["answers"][1] > 10 * scores["carried"]["window_answers"][1].get<double>());
    CHECK(contains(run({"info", model}).out, "run --window 29 answers as in training"));
}
