#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace runnel::test;
using nlohmann::json;

TEST_CASE("bench: times in order, bytes, instruction set") {
    const Folder folder;
    const std::string model = written(folder, classifier());
    const Result result = run({"bench", model, "--json"});
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    const json bench = json::parse(result.out), info = json::parse(run({"info", model, "--json"}).out);
    CHECK(bench["isa"] == info["isa"]);
    for (const char* name : {"ns_per_step", "ns_per_answer"}) {
        const json& ns = bench[name];
        CHECK(ns["best_mean"].get<double>() > 0);
        CHECK(ns["p50"].get<double>() >= 0);
        CHECK(ns["p50"] <= ns["p99"]);
        CHECK(ns["p99"] <= ns["p999"]);
        CHECK(ns["p999"] <= ns["max"]);
    }
    for (const char* name : {"weights", "state", "arena"}) {
        CHECK(bench["bytes"][name] == info["bytes"][name]);
        CHECK(bench["bytes"][name].get<int>() > 0);
    }
}

TEST_CASE("bench: what can lie above the median is not called a minimum") {
    const Folder folder;
    const Result result = run({"bench", written(folder, classifier())});
    REQUIRE(result.exit_code == 0);
    CHECK(contains(result.out, "\n\nns               best mean "));
    CHECK(contains(result.out, "\nbest mean: of blocks of back-to-back steps; "));
    CHECK_FALSE(contains(result.out.substr(result.out.find("\n\n")), "min"));  // behind the path
    CHECK_FALSE(contains(run({"bench", written(folder, classifier()), "--json"}).out, "min"));
}

TEST_CASE("bench: fewer steps than say anything are refused") {
    const Folder folder;
    CHECK(run({"bench", written(folder, tagger()), "--steps", "99999"}).exit_code == 2);
}
