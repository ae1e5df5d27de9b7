// The tutorial's models on its test reviews, converted and run by the programs. Expected values: the shared data's README.
#include <doctest/doctest.h>

#include "program.hpp"
#include "support/shared_data.hpp"

using namespace runnel::test;

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
