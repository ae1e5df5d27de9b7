// Every layer variant in Keras' file layouts: converted, run, and compared with the float64 reference that made the
// files (tests/golden/make_keras_models.py).
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "converted.hpp"
#include "golden_case.hpp"
#include "support/shared_data.hpp"

using namespace runnel;

namespace {

constexpr double tolerance = 1e-5;  // absolute; relative for answers beyond 1

void step(Session& session, const nlohmann::json& input) {
    if (input.is_number()) {
        REQUIRE(session.step(input.get<std::uint32_t>()) == Status::ok);
        return;
    }
    const auto features = input.get<std::vector<float>>();
    REQUIRE(session.step(features.data(), features.size()) == Status::ok);
}

void check(std::span<const float> answer, const nlohmann::json& expected) {
    REQUIRE(answer.size() == expected.size());
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const double value = expected[i];
        CAPTURE(value);
        CHECK(std::abs(answer[i] - value) <= tolerance * std::max(1.0, std::abs(value)));
    }
}

}  // namespace

TEST_CASE("the golden Keras models answer as Keras does") {
    const auto cases = nlohmann::json::parse(std::ifstream(test::golden("keras/cases.json")));
    REQUIRE(cases.size() > 100);
    for (const auto& model : cases) {
        const std::string file = model.at("file");
        CAPTURE(file);
        test::Converted converted(test::graph_of(model));
        CHECK(converted.info().parameters == model.at("parameters").get<std::uint64_t>());
        const auto& expected = model.at("output");
        const bool sequence = converted.info().returns_sequence;
        CHECK(sequence == (expected.size() > 1));
        for (std::size_t t = 0; t < model.at("input").size(); ++t) {
            step(converted.session(), model.at("input")[t]);
            if (sequence) check(converted.session().output(), expected.at(t));
        }
        if (!sequence) check(converted.session().output(), expected.at(0));
    }
}
