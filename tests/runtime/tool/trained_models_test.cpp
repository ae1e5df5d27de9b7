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
