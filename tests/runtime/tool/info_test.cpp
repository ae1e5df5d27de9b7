#include <cstdlib>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace runnel::test;
using nlohmann::json;

TEST_CASE("info: what the model holds and needs") {
    const Folder folder;
    const std::string model = written(folder, classifier());
    const json info = json::parse(run({"info", model, "--json"}).out);
    CHECK(info["source"]["name"] == "tiny.h5");
    CHECK(info["input"]["kind"] == "tokens");
    CHECK(info["input"]["count"] == 7);
    CHECK(info["input"]["vocabulary"] == 7);
    CHECK(info["output"]["returns_sequence"] == false);
    REQUIRE(info["layers"].size() == 3);
    CHECK(info["layers"][1]["kind"] == "GRU");
    CHECK(info["layers"][1]["every_step"] == false);
    CHECK(info["layers"][2]["activation"] == "sigmoid");
    CHECK(info["parameters"] == 21 + 150 + 6);
    if (const char* isa = std::getenv("RUNNEL_ISA")) CHECK(info["isa"] == isa);

    const Result text = run({"info", model});
    CHECK(text.exit_code == 0);
    CHECK(contains(text.out, "tokens 0..6"));
    CHECK(contains(text.out, "unknown words 2 \"<unknown>\""));
    CHECK(contains(text.out, "[T, 3]"));
    CHECK(contains(text.out, "177"));
    CHECK(contains(run({"info", written(folder, tagger())}).out, "noun, verb, other"));
}

TEST_CASE("info: what a live stream means to a model that was trained on sequences") {
    const Folder folder;
    TinyModel model = classifier();
    CHECK_FALSE(contains(run({"info", written(folder, model)}).out, "live"));
    model.sequence_length = 30;
    const std::string text = run({"info", written(folder, model)}).out;
    CHECK(contains(text, "trained on sequences of 30"));
    CHECK(contains(text, "run --window 30 answers as in training"));
}

TEST_CASE("info: names from the file cannot command the terminal") {
    const Folder folder;
    TinyModel model = classifier();
    model.gru_name = "\x1b[2Jgru";
    const Result text = run({"info", written(folder, model)});
    CHECK(text.exit_code == 0);
    CHECK(contains(text.out, "?[2Jgru"));
    CHECK_FALSE(contains(text.out, "\x1b"));
}

TEST_CASE("files that are no models are refused by name, with a way out") {
    const Folder folder;
    const std::string path = folder.file("tiny.rnl");
    const auto good = build(classifier());
    const auto refused = [&](const std::vector<unsigned char>& bytes, const std::string& reason) {
        write_file(path, bytes);
        for (const char* command : {"info", "run", "bench"}) {
            const Result result = run({command, path});
            CHECK(result.exit_code == 1);
            CHECK(result.out == "");
            CHECK(contains(result.err, path));
            CHECK_MESSAGE(contains(result.err, reason), result.err);
        }
    };
    refused({}, "runnel-convert");
    refused({'h', 'e', 'l', 'l', 'o'}, "runnel-convert");
    refused({good.begin(), good.begin() + 200}, "copy it again");
    auto flipped = good;
    flipped[flipped.size() / 2] ^= 1;
    refused(flipped, "copy it again");
    TinyModel newer = classifier();
    newer.format_version = 60000;
    refused(build(newer), "update");

    const Result folder_as_model = run({"info", std::filesystem::temp_directory_path().string()});
    CHECK(folder_as_model.exit_code == 1);
    CHECK(contains(folder_as_model.err, "not a regular file"));
    const Result missing = run({"info", folder.file("none.rnl")});
    CHECK(missing.exit_code == 1);
    CHECK(contains(missing.err, "none.rnl: cannot be opened"));
}

TEST_CASE("a layer that contradicts itself is named") {
    const Folder folder;
    TinyModel model = classifier();
    model.vocabulary.clear();
    model.gru_name = std::string(4 << 20, 'g');
    auto bytes = build(model);
    auto* recurrent = const_cast<runnel::schema::Recurrent*>(
        runnel::schema::GetModel(bytes.data())->layers()->Get(1)->kind_as_Recurrent());
    auto* table = reinterpret_cast<flatbuffers::Table*>(recurrent);
    REQUIRE(table->SetField<std::uint32_t>(runnel::schema::Recurrent::VT_UNITS, 6, 0));
    const auto* root = reinterpret_cast<const flatbuffers::Table*>(runnel::schema::GetModel(bytes.data()));
    const auto hole =
        static_cast<std::size_t>(root->GetAddressOf(runnel::schema::Model::VT_CHECKSUM) - bytes.data());
    const std::uint64_t sum = runnel::checksum(bytes.data(), bytes.size(), hole);
    std::memcpy(bytes.data() + hole, &sum, sizeof sum);
    write_file(folder.file("tiny.rnl"), bytes);
    const Result result = run({"info", folder.file("tiny.rnl")});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "layer 1 \"" + std::string(80, 'g') + "...\": "));
}

TEST_CASE("of a word of 4 MB its beginning is quoted") {
    const Folder folder;
    TinyModel model = classifier();
    model.vocabulary[2] = std::string(4 << 20, 'w');
    const Result result = run({"info", written(folder, model)});
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "unknown words 2 \"" + std::string(80, 'w') + "...\""));
}
