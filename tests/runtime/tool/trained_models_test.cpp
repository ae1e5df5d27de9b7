// Trained models, converted and run by the programs. Expected values: float64 references, see tests/golden/imdb_gru and
// the shared data's README.
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

TEST_CASE("the tutorial's GRUs reach their test accuracies exactly") {
    const std::string data = shared_data();
    if (data.empty()) return;
    struct Case {
        std::string source, accuracy, loss;   ///< as the data's README has them; loss empty: it has none
    };
    const Case models[] = {{"h5/best-gru-model.h5", "0.7994", ""}, {"keras3/best-gru-model.keras", "0.8163", "0.4056"}};
    for (const Case& model : models) {
        CAPTURE(model.source);
        const Folder folder;
        const Result result =
            run({"eval", converted(data + "/keras/tutorial_" + model.source, folder.file("model.rnl")), "--inputs",
                 data + "/imdb/test_tokens_vocab500_len100.npy", "--targets", data + "/imdb/test_labels.npy"});
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        CHECK(result.out.find("accuracy  " + model.accuracy + "\n") != std::string::npos);
        CHECK(result.out.find("loss      " + model.loss) == 0);
    }
}
