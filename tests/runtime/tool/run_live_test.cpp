#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "program.hpp"

using namespace runnel::test;

namespace {

/// The first value of each line.
std::vector<double> first_values(const std::string& text) {
    std::vector<double> values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) values.push_back(std::stod(line));
    return values;
}

void check_values(const std::string& text, const std::vector<double>& expected) {
    const auto values = first_values(text);
    REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("live: a token a line, one answer a line") {
    const Folder folder;
    const Result result = run({"run", written(folder, classifier())}, "1\n 4 \r\n+5\n2");   // expected: tiny_model.py
    CHECK(result.err == "");
    CHECK(result.exit_code == 0);
    check_values(result.out, {0.495805282, 0.507029251, 0.511645010, 0.500777565});
    CHECK(run({"run", folder.file("tiny.rnl")}).out == "");
}

TEST_CASE("live: features or a one-hot token a line") {
    const Folder folder;
    const std::string model = written(folder, tagger());
    const Result features = run({"run", model}, "0.5,-1,0.25,2\n1, 0, -5e-1, 0\n");
    CHECK(features.exit_code == 0);
    check_values(features.out, {0.193890025, 0.225997147});
    const Result tokens = run({"run", model, "--json"}, "0\n2\n");
    CHECK(tokens.exit_code == 0);
    CHECK(tokens.out.find("[0.2399") == 0);
}

TEST_CASE("live: a bad line ends it, named by its number, after the answers before it") {
    const Folder folder;
    const std::string reviews = written(folder, classifier()), tags = written(folder, tagger(), "tagger.rnl");
    for (const auto& pair : std::vector<std::pair<std::string, std::string>>{
             {reviews, "seven"}, {reviews, "7"}, {reviews, "-1"}, {reviews, "1.5"}, {reviews, "1,2"},
             {reviews, "1 2"}, {reviews, "nan"}, {reviews, "99999999999999999999"}, {tags, "1,2,3"}, {tags, "1,2,3,"},
             {tags, "1,,3,4"}, {tags, "1;2;3;x"},
             {tags, "1,2,3,4,5"}, {tags, "1,2,3,inf"}, {tags, "1,2,3,1e99"}, {tags, "4"}}) {
        const std::string &model = pair.first, &line = pair.second;
        const Result result = run({"run", model}, "1\n" + line + "\n1\n");
        CAPTURE(line);
        CHECK(result.exit_code == 1);
        CHECK(first_values(result.out).size() == 1);
        CHECK(result.err.find("standard input, line 2: ") != std::string::npos);
    }
}

TEST_CASE("live: a byte order mark before the first line is skipped, elsewhere it is no number") {
    const Folder folder;
    const std::string mark = "\xEF\xBB\xBF", reviews = written(folder, classifier());
    check_values(run({"run", reviews}, mark + "1\n4\n").out, {0.495805282, 0.507029251});
    check_values(run({"run", written(folder, tagger(), "tagger.rnl")}, mark + "0.5,-1,0.25,2\r\n").out, {0.193890025});
    CHECK(run({"run", reviews}, "1\n" + mark + "4\n").exit_code == 1);
}

TEST_CASE("live: spaces, tabs and semicolons separate as commas do") {
    const Folder folder;
    const std::string tags = written(folder, tagger());
    const Result result = run({"run", tags}, "0.5 -1 0.25 2\n1;0;-5e-1;0\n");
    CHECK(result.exit_code == 0);
    check_values(result.out, {0.193890025, 0.225997147});  // expected: tiny_model.py
    CHECK(run({"run", tags}, " 0.5\t-1  0.25\t2 \r\n1 , 0 ;-5e-1,  0\n").out == result.out);
}

TEST_CASE("live: a header is passed over once") {
    const Folder folder;
    const std::string tags = written(folder, tagger()), rows = "0.5,-1,0.25,2\n1,0,-0.5,0\n";
    const Result result = run({"run", tags}, "\n,ax,\"a y\",az\n" + rows);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "line 2: \",ax,\"a y\",az\" is taken for the names of columns"));
    CHECK(result.out == run({"run", tags}, rows).out);
    const std::string names = "a,b,c,d\n";
    for (const std::string& input : {names + names + rows, rows + names, "a,b,c,4\n" + rows, ",,,\n" + rows})
        CHECK(run({"run", tags}, input).exit_code == 1);
}

TEST_CASE("live: bad lines are skipped, or the step before is taken again, and they are counted") {
    const Folder folder;
    const std::string tags = written(folder, tagger()), a = "0.5,-1,0.25,2\n", b = "1,0,-0.5,0\n";
    const auto answers = [&](const std::string& input) { return run({"run", tags}, input).out; };
    const std::string input = "1,2\n" + a + "nan,0,0,0\nx\n" + b + "\n1,2,3,inf\n" + a;
    const Result skipped = run({"run", tags, "--on-error", "skip"}, input);
    CHECK(skipped.exit_code == 0);
    CHECK(skipped.out == answers(a + b + "\n" + a));
    CHECK(contains(skipped.err, "line 1: it has 2 values; the model takes 4 features a step; it is skipped"));
    CHECK(contains(skipped.err, "4 of 8 lines of standard input were bad"));
    const Result held = run({"run", tags, "--on-error", "hold"}, input);
    CHECK(held.exit_code == 0);
    CHECK(held.out == answers(a + a + a + b + "\n" + a));
    CHECK(contains(held.err, "line 3: a feature is NaN or infinite; "));
    CHECK(contains(held.err, "; the step before is taken again"));
    CHECK(contains(held.err, "line 7: "));
    const Result stopped = run({"run", tags}, input);
    CHECK(stopped.exit_code == 1);
    CHECK(contains(stopped.err, "--on-error skip"));
    const Result none = run({"run", tags, "--on-error", "wait"}, input);
    CHECK(none.exit_code == 2);
    CHECK(contains(none.err, "\"wait\" is none of these: stop, skip, hold"));

    LiveProgram program({"run", tags});  // no file
    CHECK(program.answer("1,2,3\n" + a.substr(0, a.size() - 1)) + "\n" == answers(a));
    CHECK(program.end() == 0);
}

TEST_CASE("live: commands reset the stream, and save and restore its state") {
    const Folder folder;
    const std::string tags = written(folder, tagger()), state = folder.file("a state");
    const std::string a = "0.5,-1,0.25,2\n", b = "1,0,-0.5,0\n";
    const auto answers = [&](const std::string& input) { return run({"run", tags}, input).out; };
    const Result result = run({"run", tags, "--commands"}, a + "save " + state + "\n" + b + "reset\n" + b +
                                                               "restore " + state + " \n" + b);
    CHECK(result.err == "");
    CHECK(result.exit_code == 0);
    const std::string ab = answers(a + b);
    CHECK(result.out == ab + answers(b) + ab.substr(ab.find('\n') + 1));

    const std::string other = written(folder, classifier(), "other.rnl");
    for (const std::string& line : {"restore " + folder.file("none"), "restore " + other, std::string("save"),
                                    "save " + folder.file("none/state"), std::string("reset now")}) {
        CAPTURE(line);
        const Result stopped = run({"run", tags, "--commands"}, a + line + "\n" + b);
        CHECK(stopped.exit_code == 1);
        CHECK(stopped.out == answers(a));
        CHECK(contains(stopped.err, "standard input, line 2: "));
        const Result skipped = run({"run", tags, "--commands", "--on-error", "hold"}, a + line + "\n" + b);
        CHECK(skipped.exit_code == 0);
        CHECK(skipped.out == ab);
    }
    CHECK(contains(run({"run", tags, "--commands", "--window", "2"}, "save " + state + "\n").err, "--window"));
    CHECK(run({"run", tags}, a + "reset\n").exit_code == 1);
}

TEST_CASE("live: 80 characters of a long line are quoted") {
    const Folder folder;
    const std::string reviews = written(folder, classifier()), tags = written(folder, tagger(), "tagger.rnl");
    std::string euros;
    for (int i = 0; i < 1'400'000; ++i) euros += "€";
    for (const std::string& line : {std::string(4 << 20, 'x'), euros, std::string(4 << 20, '\x80')}) {
        for (const std::string& model : {reviews, tags}) {
            const Result result = run({"run", model}, "1\n" + line + "\n");
            CHECK(result.exit_code == 1);
            CHECK(contains(result.err, "standard input, line 2: \""));
            CHECK(contains(result.err, "...\" is not a number"));
            CHECK(result.err.size() < 80 * 3 + 180);
        }
        const Result feature = run({"run", tags}, "1,2,3," + line + "\n");
        CHECK(contains(feature.err, "...\" is not a number"));
        CHECK(feature.err.size() < 80 * 3 + 180);
    }
    std::string many(4 << 20, ',');
    for (std::size_t i = 0; i < many.size(); i += 2) many[i] = '1';
    CHECK(contains(run({"run", tags}, many + "1\n").err, "line 1: it has 2097153 values"));
}

TEST_CASE("live: a model that is overwritten or truncated while it runs goes on as it was") {
    const Folder folder;
    TinyModel large = classifier();
    large.units = 150;  // of many pages
    const std::string path = written(folder, large), bytes = contents(path);
    std::vector<std::string> expected;
    {
        LiveProgram undisturbed({"run", path});
        for (int i = 0; i < 6; ++i) expected.push_back(undisturbed.answer("4"));
        CHECK(undisturbed.end() == 0);
    }
    CHECK(expected[0] != expected[1]);
    LiveProgram program({"run", path});
    CHECK(program.answer("4") == expected[0]);
    const auto overwrite = [&](const std::string& with) {
        std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << with;
    };
    overwrite(std::string(bytes.size(), '\0'));
    CHECK(program.answer("4") == expected[1]);
    overwrite(bytes.substr(0, bytes.size() / 2) + std::string(bytes.size() / 2, '\x3F'));
    CHECK(program.answer("4") == expected[2]);
    std::filesystem::resize_file(path, bytes.size() / 2);
    CHECK(program.answer("4") == expected[3]);
    std::filesystem::resize_file(path, 0);
    CHECK(program.answer("4") == expected[4]);
    std::filesystem::remove(path);
    CHECK(program.answer("4") == expected[5]);
    CHECK(program.end() == 0);
}
