#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/npy.hpp"
#include "program.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

constexpr double tolerance = 1e-6;

void check_values(const std::string& path, const std::vector<std::size_t>& shape, const std::vector<double>& expected) {
    const runnel::npy::File file(path);
    CHECK(file.array().shape() == shape);
    REQUIRE(file.array().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(file.array().value(i) == doctest::Approx(expected[i]).epsilon(tolerance));
}

// From tiny_model.py.
const std::vector<double> review_answers = {0.495805282, 0.507029251, 0.511645010, 0.500777565,
                                            0.507186651, 0.511712072, 0.514711659, 0.503748000};
const std::vector<double> tagger_one_hot = {
    0.264972483, 0.340629365, 0.394398152, 0.232973793, 0.345362276, 0.421663931,
    0.239949945, 0.361813629, 0.398236426, 0.220778098, 0.357239423, 0.421982479};
const std::vector<double> tagger_features = {
    0.193890025, 0.324096175, 0.482013800, 0.225997147, 0.371150962, 0.402851892};

}  // namespace

TEST_CASE("sequences of tokens of every type: each from zero state, the last answer of each") {
    const Folder folder;
    const std::string model = written(folder, classifier()), x = folder.file("x.npy"), y = folder.file("y.npy");
    const auto check = [&] {
        const Result result = run({"run", model, "--input", x, "--output", y});
        CHECK(result.err == "");
        REQUIRE(result.exit_code == 0);
        check_values(y, {2, 1}, {review_answers[3], review_answers[7]});
    };
    write_npy<std::uint16_t>(x, "<u2", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    check();
    write_npy<std::int64_t>(x, "<i8", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    check();
    write_npy<double>(x, "<f8", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    check();
    write_npy<std::uint8_t>(x, ">u2", "(2, 4)", {0, 1, 0, 4, 0, 5, 0, 2, 0, 6, 0, 6, 0, 3, 0, 0});
    check();
    write_npy<std::uint8_t>(x, "|u1", "(2, 4)", {1, 6, 4, 6, 5, 3, 2, 0}, true);
    check();
}

TEST_CASE("every step, and one sequence without its dimension") {
    const Folder folder;
    const std::string model = written(folder, classifier()), x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<std::uint8_t>(x, "|u1", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    CHECK(run({"run", model, "--input", x, "--every-step", "--output", y}).exit_code == 0);
    check_values(y, {2, 4, 1}, review_answers);

    write_npy<std::uint8_t>(x, "|u1", "(4,)", {6, 6, 3, 0});
    CHECK(run({"run", model, "--input", x, "--output", y}).exit_code == 0);
    check_values(y, {1, 1}, {review_answers[7]});
}

TEST_CASE("features, and integers as one-hot; a model that answers at every step") {
    const Folder folder;
    const std::string model = written(folder, tagger()), x = folder.file("x.npy"), y = folder.file("y.npy");
    const std::vector<float> features = {0.5f, -1, 0.25f, 2, 1, 0, -0.5f, 0};
    for (const char* shape : {"(1, 2, 4)", "(2, 4)"}) {
        write_npy(x, "<f4", shape, features);
        CHECK(run({"run", model, "--input", x, "--output", y}).exit_code == 0);
        check_values(y, {1, 2, 3}, tagger_features);
    }
    write_npy<std::uint16_t>(x, "<f2", "(1, 2, 4)", {0x3800, 0xBC00, 0x3400, 0x4000, 0x3C00, 0, 0xB800, 0});
    CHECK(run({"run", model, "--input", x, "--output", y}).exit_code == 0);
    check_values(y, {1, 2, 3}, tagger_features);

    write_npy<std::int32_t>(x, "<i4", "(2, 2)", {1, 3, 0, 2});
    CHECK(run({"run", model, "--input", x, "--output", y}).exit_code == 0);
    check_values(y, {2, 2, 3}, tagger_one_hot);
}

TEST_CASE("answers on standard output: a table, or JSON") {
    const Folder folder;
    const std::string model = written(folder, tagger()), x = folder.file("x.npy");
    write_npy<std::int32_t>(x, "<i4", "(2, 2)", {1, 3, 0, 2});
    const Result table = run({"run", model, "--input", x});
    CHECK(table.exit_code == 0);
    CHECK(contains(table.out, "sequence    step"));
    CHECK(contains(table.out, "noun"));
    CHECK(contains(table.out, "0.421664"));
    const json parsed = json::parse(run({"run", model, "--input", x, "--json"}).out);
    CHECK(parsed["shape"] == json({2, 2, 3}));
    REQUIRE(parsed["answers"].size() == 4);
    CHECK(parsed["answers"][3][1].get<double>() == doctest::Approx(0.357239423).epsilon(tolerance));
    const json written = json::parse(run({"run", model, "--input", x, "--json", "--output", folder.file("y.npy")}).out);
    CHECK(written["shape"] == json({2, 2, 3}));
}

TEST_CASE("text: the start token, known and unknown words") {
    const Folder folder;
    const std::string model = written(folder, classifier()), text = "FILM was, (marvellous)";   // 1 4 5 2
    const json whole = json::parse(run({"run", model, "--text", text, "--json", "--every-step"}).out);
    REQUIRE(whole["steps"].size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(whole["steps"][i]["answer"][0].get<double>() == doctest::Approx(review_answers[i]).epsilon(tolerance));
    CHECK(whole["steps"][0]["word"] == "<start>");
    CHECK(whole["steps"][3]["word"] == "marvellous");
    CHECK(whole["steps"][3]["known"] == false);
    CHECK(whole["answer"] == whole["steps"][3]["answer"]);

    const Result view = run({"run", model, "--text", text, "--every-step"});
    CHECK(view.exit_code == 0);
    CHECK(contains(view.out, "(marvellous)"));
    CHECK(contains(view.out, "0.5008"));
    CHECK(contains(view.out, "after 3 words, 1 of them unknown"));

    const std::string y = folder.file("y.npy");
    CHECK(run({"run", model, "--text", text, "--output", y}).exit_code == 0);
    check_values(y, {1, 1}, {review_answers[3]});
    CHECK(run({"run", model, "--text", text, "--every-step", "--output", y}).exit_code == 0);
    check_values(y, {1, 4, 1}, {review_answers.begin(), review_answers.begin() + 4});
}

TEST_CASE("input that the model cannot take is refused by name and place, and nothing is written") {
    const Folder folder;
    const std::string reviews = written(folder, classifier()), tags = written(folder, tagger(), "tagger.rnl"),
                      x = folder.file("x.npy"), y = folder.file("y.npy");
    const auto refused = [&](const std::string& model, const std::string& reason) {
        const Result result = run({"run", model, "--input", x, "--output", y});
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, x));
        CHECK_MESSAGE(contains(result.err, reason), result.err);
        CHECK(folder.entries() == 3);   // the models and the input
    };
    write_npy<std::uint16_t>(x, "<u2", "(2, 2)", {1, 2, 3, 7});
    refused(reviews, "sequence 1, step 1 (from 0): 7 is not a token");
    write_npy<double>(x, "<f8", "(1, 2)", {1, 2.5});
    refused(reviews, "2.5 is not a token");
    write_npy<std::int32_t>(x, "<i4", "(1, 2)", {1, -1});
    refused(reviews, "-1 is not a token");
    write_npy<std::uint8_t>(x, "|u1", "(1, 2, 2)", {1, 2, 3, 4});
    refused(reviews, "[1, 2, 2]");
    write_npy<std::uint8_t>(x, "|u1", "(2, 0)", {});
    refused(reviews, "no steps");
    write_npy<float>(x, "<f4", "(1, 2, 3)", {1, 2, 3, 4, 5, 6});
    refused(tags, "[N, T, 4]");
    write_npy<std::uint32_t>(x, "<f4", "(1, 4)", {0, 0, 0x7FC00000, 0});
    refused(tags, "sequence 0, step 0 (from 0): a feature is NaN");
    write_npy<std::uint8_t>(x, "|u1", "(1, 1)", {4});
    refused(tags, "4 is not a token");
    write_npy<std::uint8_t>(x, "<c8", "(1, 1)", {4});
    refused(tags, "cannot be read");
}

TEST_CASE("wrong usage ends with 2, failure with 1") {
    const Folder folder;
    const std::string model = written(folder, classifier());
    CHECK(run({}).exit_code == 2);
    CHECK(run({"walk", model}).exit_code == 2);
    CHECK(contains(run({"walk", model}).err,
                   "runnel: \"walk\" is none of the commands: info, run, eval, bench, tune\n"));
    CHECK(contains(run({"rnu", model}).err, "info, run, eval, bench, tune; did you mean run?"));
    const Result misspelt = run({"run", model, "--ouput", "y.npy"});
    CHECK(misspelt.exit_code == 2);
    CHECK(contains(misspelt.err, "runnel run: \"--ouput\" is none of its options; did you mean --output?"));
    CHECK(contains(run({"eval", model, "--target=y.npy"}).err,
                   "\"--target\" is none of its options; did you mean --targets?"));
    CHECK(contains(run({"run", model, "--text", "a", "film"}).err,
                   "runnel run: \"film\" is not expected; a value with spaces stands in quotation marks"));
    const Result many = run({"bench", model, "--steps=" + std::string(50'000, '1')});
    CHECK(many.exit_code == 2);
    CHECK(contains(many.err, "Value " + std::string(80, '1') + "... not in range"));
    CHECK(run({"run"}).exit_code == 2);
    CHECK(run({"run", model, "--text", "a", "--input", "x.npy"}).exit_code == 2);
    CHECK(run({"run", model, "--every-step"}).exit_code == 2);
    CHECK(run({"run", model, "--output", "y.npy"}).exit_code == 2);
    CHECK(run({"run", model, "--isa", "z80"}).exit_code == 2);
    for (const char* command : {"info", "run", "eval", "bench"}) {
        const Result help = run({command, "--help"});
        CHECK(help.exit_code == 0);
        CHECK(contains(help.out, "RUNNEL_ISA"));
    }
    const Result no_words = run({"run", written(folder, tagger(), "tagger.rnl"), "--text", "the film"});
    CHECK(no_words.exit_code == 1);
    CHECK(contains(no_words.err, "no vocabulary"));
    const Result no_input = run({"run", model, "--input", folder.file("none.npy")});
    CHECK(no_input.exit_code == 1);
    CHECK(contains(no_input.err, "none.npy: cannot be opened"));
    const Result no_folder = run({"run", model, "--text", "film", "--output", folder.file("none/y.npy")});
    CHECK(no_folder.exit_code == 1);
    CHECK(contains(no_folder.err, "none/y.npy: cannot be created"));
}
