#include "guard.hpp"

#include <doctest/doctest.h>

using namespace runnel;

namespace {

Measure measured(double loss, std::uint32_t correct, std::uint32_t count = 48) {
    training::Result result;
    result.loss = static_cast<std::int64_t>(loss * count * (1 << 20));
    result.correct = correct;
    result.count = count;
    return Measure(result);
}

std::string by_accuracy(double limit, const Measure& before, const Measure& after) {
    return guard_refusal({GuardBy::accuracy, limit}, before, after, true);
}
std::string by_loss(double limit, const Measure& before, const Measure& after) {
    return guard_refusal({GuardBy::loss, limit}, before, after, true);
}

}  // namespace

TEST_CASE("by accuracy, one sequence may always be lost, and messages count them") {
    const Measure before = measured(0.5, 23);
    for (const double limit : {0.0, 1.0, 2.0}) {
        CHECK(by_accuracy(limit, before, measured(0.9, 24)) == "");
        CHECK(by_accuracy(limit, before, measured(0.9, 22)) == "");
        CHECK(by_accuracy(limit, before, measured(0.25, 21)) ==
              "what must not be forgotten got worse by 4.17 points, more than one sequence's 2.08 (21 of 48 right, "
              "before 23; loss 0.2500, before 0.5000); see --guard-limit and --guard-measure");
    }
    // A quarter of 48 is 12.
    CHECK(by_accuracy(25, before, measured(0.5, 11)) == "");
    CHECK(by_accuracy(25, before, measured(0.5, 10)).find(" 27.08 points, more than 25 (10 of 48 right, before 23;") !=
          std::string::npos);
    CHECK(by_accuracy(0, measured(0.5, 1), measured(0.5, 0)) == "");
    // Of 1,000, one is a tenth of a point.
    CHECK(by_accuracy(1, measured(0.5, 900, 1000), measured(0.5, 890, 1000)) == "");
    CHECK(by_accuracy(1, measured(0.5, 900, 1000), measured(0.5, 889, 1000)) != "");
}

TEST_CASE("by loss, a lower one is taken whatever is right") {
    const Measure before = measured(0.5, 23);
    CHECK(by_loss(1, before, measured(0.25, 10)) == "");
    CHECK(by_loss(1, before, measured(0.5, 10)) == "");
    CHECK(by_loss(1, before, measured(0.5045, 23)) == "");
    CHECK(by_loss(1, before, measured(0.75, 40)) ==
          "what must not be forgotten got worse by 50.00 % of its loss, more than 1 (40 of 48 right, before 23; loss "
          "0.7500, before 0.5000); see --guard-limit and --guard-measure");
    CHECK(by_loss(0, measured(0, 0), measured(0, 0)) == "");
    CHECK(by_loss(1e9, measured(0, 0), measured(0.5, 0)) != "");
}

TEST_CASE("a loss without accuracy has nothing to count") {
    CHECK(guard_text(measured(0.5, 0), measured(0.75, 0), false) == "loss 0.7500, before 0.5000");
    CHECK(guard_text(measured(0.5, 1100, 2000), measured(0.75, 1000, 2000), true) ==
          "1,000 of 2,000 right, before 1,100; loss 0.7500, before 0.5000");
}
