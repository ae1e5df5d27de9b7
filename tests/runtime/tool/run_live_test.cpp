#include <doctest/doctest.h>
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
             {reviews, "seven"}, {reviews, "7"}, {reviews, "-1"}, {reviews, "1.5"}, {reviews, ""}, {reviews, "1,2"},
             {reviews, "1 2"}, {reviews, "nan"}, {reviews, "99999999999999999999"}, {tags, "1,2,3"}, {tags, "1,2,3,"},
             {tags, "1,2,3,4,5"}, {tags, "1,2,3,inf"}, {tags, "1,2,3,1e99"}, {tags, "4"}}) {
        const std::string &model = pair.first, &line = pair.second;
        const Result result = run({"run", model}, "1\n" + line + "\n1\n");
        CAPTURE(line);
        CHECK(result.exit_code == 1);
        CHECK(first_values(result.out).size() == 1);
        CHECK(result.err.find("standard input, line 2: ") != std::string::npos);
    }
}
