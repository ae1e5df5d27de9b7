#include <doctest/doctest.h>

#include "program.hpp"

using namespace runnel::test;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    for (std::size_t start = 0, end; (end = text.find('\n', start)) != text.npos; start = end + 1)
        lines.push_back(text.substr(start, end - start));
    return lines;
}

/// Lines of four features, each another.
Lines feature_lines(int count) {
    Lines lines;
    for (int i = 0; i < count; ++i)
        lines.push_back(std::to_string(i % 7 - 3) + ",0." + std::to_string(i % 9) + "," + std::to_string(i % 3) + ",1");
    return lines;
}

std::string text_of(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

/// What a fresh run answers last to the lines [from, to).
std::string fresh_answer(const std::string& model, const Lines& lines, std::size_t from, std::size_t to) {
    const auto first = lines.begin();
    const Lines part(first + std::ptrdiff_t(from), first + std::ptrdiff_t(to));
    return lines_of(run({"run", model}, text_of(part)).out).back();
}

}  // namespace

TEST_CASE("live: each answer of a window is that of a fresh run over its lines") {
    const Folder folder;
    const std::string model = written(folder, tagger());
    const Lines lines = feature_lines(12);
    for (const auto& [window, hop] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {4, 1}, {5, 2}, {2, 4}}) {
        Lines expected;
        for (std::size_t end = window; end <= lines.size(); end += hop)
            expected.push_back(fresh_answer(model, lines, end - window, end));
        const Result result =
            run({"run", model, "--window", std::to_string(window), "--hop", std::to_string(hop)}, text_of(lines));
        CHECK(result.exit_code == 0);
        CHECK(result.err == "");
        CHECK(lines_of(result.out) == expected);
    }
}

TEST_CASE("live: an empty line resets, with a window too; --reset-every does so by itself") {
    const Folder folder;
    const std::string model = written(folder, tagger());
    const Lines lines = feature_lines(9);
    Lines apart = lines, expected, windowed;
    apart.insert(apart.begin() + 5, " \r");
    for (std::size_t i = 0; i < lines.size(); ++i) expected.push_back(fresh_answer(model, lines, i < 5 ? 0 : 5, i + 1));
    CHECK(lines_of(run({"run", model}, text_of(apart)).out) == expected);
    for (const std::size_t end : {3, 4, 5, 8, 9}) windowed.push_back(fresh_answer(model, lines, end - 3, end));
    CHECK(lines_of(run({"run", model, "--window", "3"}, text_of(apart)).out) == windowed);

    Lines every;
    for (std::size_t i = 0; i < lines.size(); ++i) every.push_back(fresh_answer(model, lines, i / 4 * 4, i + 1));
    CHECK(lines_of(run({"run", model, "--reset-every", "4"}, text_of(lines)).out) == every);
}

TEST_CASE("live: a model that was trained on sequences says so in a line, unless its stream is cut") {
    const Folder folder;
    TinyModel trained = tagger();
    trained.sequence_length = 30;
    const std::string model = written(folder, trained), input = "1,2,3,4\n";
    const Result carried = run({"run", model}, input);
    CHECK(carried.exit_code == 0);
    CHECK(lines_of(carried.err).size() == 1);
    CHECK(contains(carried.err, "tiny.rnl was trained on sequences of 30 steps"));
    CHECK(contains(carried.err, "--window 30"));
    CHECK(contains(carried.err, "--reset-every 30"));
    for (const std::string option : {"--window", "--reset-every"})
        CHECK(run({"run", model, option, "30"}, input).err == "");
    trained.sequence_length = 1;
    CHECK(contains(run({"run", written(folder, trained)}, input).err, "sequences of 1 step,"));
}

TEST_CASE("live: windows that cannot be are refused before the first line") {
    const Folder folder;
    const std::string model = written(folder, tagger());
    for (const Lines& options : std::vector<Lines>{{"--window", "0"}, {"--window", "two"}, {"--hop", "2"},
                                                   {"--window", "3", "--hop", "0"}, {"--reset-every", "0"},
                                                   {"--window", "3", "--reset-every", "3"},
                                                   {"--window", "3", "--input", "x.npy"},
                                                   {"--reset-every", "3", "--text", "good"}}) {
        Lines arguments{"run", model};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const Result result = run(arguments, "1,2,3,4\n");
        CAPTURE(result.err);
        CHECK(result.exit_code == 2);
        CHECK(result.out == "");
        CHECK(contains(result.err, options[options.size() - 2]));
    }
}
