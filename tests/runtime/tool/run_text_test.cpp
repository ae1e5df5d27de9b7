// Text by character, and what is said of vocabularies.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

/// Reads characters; its last token has none.
TinyModel speller() {
    TinyModel model = classifier();
    model.vocabulary = {"<pad>", "\" \"", "a", "b", "é", "C"};
    model.start_token = model.unknown_token = -1;
    return model;
}

}  // namespace

TEST_CASE("a vocabulary of characters reads the space, and each character as it stands or in lower case") {
    const Folder folder;
    const std::string model = written(folder, speller()), text = "A bÉCc";  // there is no c
    const json answers = json::parse(run({"run", model, "--text", text, "--json", "--every-step"}).out);
    std::vector<std::uint32_t> ids;
    for (const json& step : answers["steps"]) ids.push_back(step["token"]);
    CHECK(ids == std::vector<std::uint32_t>{2, 1, 3, 4, 5});
    CHECK(answers["steps"][1]["word"] == " ");
    const Result view = run({"run", model, "--text", text, "--every-step"});
    CHECK(contains(view.out, "\n  \" \"  "));
    CHECK(contains(view.out, " after 5 characters; "));
    CHECK(contains(view.out, " ns a character ("));
    CHECK(contains(run({"run", model, "--text", "xyz"}).err, "no character of the text is in its vocabulary"));
}

TEST_CASE("a vocabulary shorter than the embedding is said") {
    const Folder folder;
    const std::string model = written(folder, speller());
    CHECK(contains(run({"run", model, "--text", "ab"}).out, "\nits vocabulary has 6 words for 7 tokens\n"));
    CHECK(contains(run({"info", model}).out, " 6 words for 7 tokens, read by character; start token none"));
    const std::string whole = written(folder, classifier(), "whole.rnl");
    CHECK_FALSE(contains(run({"run", whole, "--text", "film"}).out, "its vocabulary has"));
    CHECK(contains(run({"info", whole}).out, " 7 words; start token 1 \"<start>\""));
}

TEST_CASE("a model of one feature is not told about tokens") {
    const Folder folder;
    const std::string model =
                          written(folder, {.tokens = 0, .inputs = 1, .units = 3, .outputs = 1, .sequence_length = 4}),
                      x = folder.file("x.npy");
    const auto refused = [&](const std::string& shape) {
        const Result result = run({"run", model, "--input", x});
        CHECK(result.exit_code == 1);
        CHECK(result.err == "runnel: " + x + ": its shape is " + shape +
                                "; the model takes features [N, T, 1], or [T, 1] for one sequence\n");
    };
    write_npy(x, "<f4", "(2, 4)", std::vector<float>(8, 0.5f));
    refused("[2, 4]");
    write_npy(x, "<i4", "(2, 4)", std::vector<std::int32_t>(8, 5));
    refused("[2, 4]");
    // Whole numbers are features too.
    write_npy(x, "<i4", "(4, 1)", std::vector<std::int32_t>(4, 5));
    const Result whole = run({"run", model, "--input", x});
    REQUIRE_MESSAGE(whole.exit_code == 0, whole.err);
    write_npy(x, "<f4", "(4, 1)", std::vector<float>(4, 5));
    CHECK(run({"run", model, "--input", x}).out == whole.out);
}
