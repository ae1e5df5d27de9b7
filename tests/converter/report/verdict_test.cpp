#include "report/verdict.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "report/machine.hpp"
#include "report/report.hpp"

using namespace runnel::converter;

namespace {

/// A model of 1000 bytes and 100 ns a step beside one of the given numbers.
Comparison with(std::size_t bytes, double ns) {
    Comparison c;
    c.sequences = c.steps = 1;
    c.before.file_bytes = 1000, c.before.ns_per_step = 100;
    c.after.file_bytes = bytes, c.after.ns_per_step = ns;
    c.layers.push_back({"dense", "Dense", "int8", "", 4, 1, Difference()});
    const float original = 1, converted = 0.75f;
    c.layers.back().output->add({&original, 1}, {&converted, 1}, 0);
    return c;
}

}  // namespace

TEST_CASE("a verdict says what was gained and what it cost") {
    Comparison c = with(250, 60);
    CHECK(verdict(c) == "The converted model is 75.0 % smaller, takes 40.0 % less time for a step and gives answers "
                        "that differ by at most 0.250.");
    c.before.loss = 0.5, c.after.loss = 0.51;
    CHECK(judge_answers(c).text == "has a loss 2.0 % higher");
    c.before.accuracy = 0.8, c.after.accuracy = 0.7988;
    CHECK(judge_answers(c).text == "is 0.12 points less accurate");
    CHECK(judge_answers(c).change == Change::worse);
    c.after.accuracy = 0.81;
    CHECK(judge_answers(c).text == "is 1.00 points more accurate");
    CHECK(judge_answers(c).change == Change::better);
    c.after.accuracy = 0.8;
    CHECK(judge_answers(c).change == Change::none);
}

TEST_CASE("what got worse is no gain") {
    CHECK(judge_time(with(250, 60)).change == Change::better);
    CHECK(judge_time(with(250, 152)).change == Change::worse);
    CHECK(judge_time(with(250, 152)).text == "takes 52.0 % more time for a step");
    CHECK(judge_time(with(250, 102)).change == Change::none);
    CHECK(judge_size(with(1100, 60)).change == Change::worse);
    CHECK(judge_size(with(1100, 60)).text == "is 10.0 % larger");
    CHECK(judge_size(with(1000, 60)).change == Change::none);
}

TEST_CASE("the processor's name") {
    std::istringstream x86("processor\t: 0\nmodel name\t: AMD EPYC 9654\nflags\t: sse2\n");
    CHECK(cpu_name(x86) == "AMD EPYC 9654");
    std::istringstream pi("processor\t: 0\nFeatures\t: fp\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n");
    CHECK(cpu_name(pi) == "Raspberry Pi 4 Model B Rev 1.4");
    std::istringstream none("");
    CHECK(cpu_name(none) == "unknown processor");
}
