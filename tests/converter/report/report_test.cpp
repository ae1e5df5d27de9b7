// The reports, and the options that make them, as a user gets them.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/npy.hpp"
#include "runtime/tool/program.hpp"
#include "support/random.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using test::contains;
using test::contents;
using test::convert;

namespace {

const std::string source = test::golden("imdb_gru/imdb_gru.h5"), on_features = test::golden("keras/gru_20.h5");

std::string array(const test::Folder& folder, const char* name, std::vector<std::size_t> shape,
                  const std::vector<float>& values) {
    npy::Writer writer(folder.file(name), shape);
    writer.append(values);
    writer.finish();
    return folder.file(name);
}

std::vector<float> tokens(std::size_t n) {
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = float(1 + i * 37 % 400);
    return values;
}

}  // namespace

TEST_CASE("a report of a fixed model: its recurrent layers' states and its answer beside the original's") {
    const test::Folder folder;
    const std::string x = array(folder, "x.npy", {3, 20}, tokens(60)), json = folder.file("report.json");
    for (const auto& [mode, least] : {std::pair("fixed", 60.0), {"fixed8", 20.0}}) {
        const auto result =
            convert({source, "-o", folder.file("m.rnl"), "--quantize", mode, "--calibrate", x, "--report", json});
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        CHECK(contains(result.out, "fraction bits"));
        const auto report = nlohmann::json::parse(contents(json));
        REQUIRE(report["layers"].size() == 3);
        CHECK(report["layers"][0]["output"].is_null());
        for (const int layer : {1, 2}) CHECK(report["layers"][layer]["output"]["snr_db"].get<double>() > least);
        CHECK(report["saturations"] == 0);
        CHECK(report["calibration"].is_null());  // what int8 and int8x16 choose among
    }
}

TEST_CASE("a report of the shipped model") {
    const test::Folder folder;
    const auto x = array(folder, "x.npy", {6, 40}, tokens(240)), y = array(folder, "y.npy", {6}, {0, 1, 1, 0, 0, 1});
    const auto result = convert({source, "-o", folder.file("m.rnl"), "--quantize", "int8", "--calibrate", x,
                                 "--targets", y, "--report", folder.file("r.html"), "--report", folder.file("r.json")});
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    CHECK(contains(result.out, "gru: int8; input "));
    CHECK(contains(result.out, "state ±1.00 known"));

    const auto report = nlohmann::json::parse(contents(folder.file("r.json")));
    CHECK(report["after"]["file_bytes"] == contents(folder.file("m.rnl")).size());
    CHECK(report["before"]["file_bytes"] > 2 * report["after"]["file_bytes"].get<int>());
    CHECK(report["sequences"] == 6);
    CHECK(report["by_step"].size() == 40);
    CHECK(report["layers"].size() == 3);
    CHECK(report["loss_function"] == "bce");
    for (const char* side : {"before", "after"}) {
        CHECK(report[side]["ns_per_step"] > 0);
        CHECK(report[side]["accuracy"] <= 1);
        CHECK(report[side]["loss"] > 0);
    }
    double largest = 0;
    for (const auto& step : report["by_step"]) largest = std::max(largest, step["largest"].get<double>());
    CHECK(report["output"]["largest"] == largest);
    CHECK(report["output"]["snr_db"] > 20);
    // The report's own comparison and that of the choice look at the same outputs.
    const auto& calibration = report["calibration"];
    CHECK(calibration["snr_db"].get<double>() >= calibration["uncalibrated_snr_db"].get<double>());
    CHECK(calibration["snr_db"].get<double>() == doctest::Approx(report["output"]["snr_db"].get<double>()));
    CHECK(calibration["left_out"] == false);
    CHECK(contains(result.out, "Calibrated: "));
    const std::size_t worst = report["output"]["worst"]["step"];
    CHECK(report["by_step"][worst]["largest"] == largest);

    const std::string page = contents(folder.file("r.html"));
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.ends_with("</html>\n"));
    std::size_t plots = 0;
    for (std::size_t at = page.find("<svg"); at != std::string::npos; at = page.find("<svg", at + 1)) ++plots;
    CHECK(plots == 3);
    CHECK(contains(page, "imdb_gru.h5"));
    CHECK(contains(page, report["verdict"].get<std::string>()));
    CHECK(contains(report["verdict"].get<std::string>(), " % smaller, "));
    CHECK(report["command"] == "runnel-convert " + source + " -o " + folder.file("m.rnl") +
                                   " --quantize int8 --calibrate " + x + " --targets " + y + " --report " +
                                   folder.file("r.html") + " --report " + folder.file("r.json"));
    CHECK(contains(page, report["command"].get<std::string>()));
    CHECK(contains(page, report["date"].get<std::string>()));
    CHECK(report["date"].get<std::string>().size() == std::string("2026-01-31 17:05").size());
    CHECK_FALSE(report["cpu"].get<std::string>().empty());
    // The worst sequence's curves: float32 orange, converted blue.
    CHECK(contains(page, "226, 162,  92"));
    CHECK(contains(page, " 18,  80, 106"));
    CHECK_FALSE(contains(page, "src="));
}

TEST_CASE("sequences that begin with masked steps: all layers are compared there too, at zero") {
    const test::Folder folder;
    std::vector<float> values(60);  // the model has tokens 0 to 5
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 20 < 5 ? 0.0f : float(i % 6);
    const std::string x = array(folder, "x.npy", {3, 20}, values), json = folder.file("report.json");
    for (const auto& [mode, least] : {std::pair("f32", INFINITY), {"f16", 60.0f}}) {
        REQUIRE(convert({test::golden("keras/gru_mask_zero.h5"), "-o", folder.file("m.rnl"), "--quantize", mode,
                         "--no-project-embedding", "--calibrate", x, "--report", json})
                    .err == "");
        const auto report = nlohmann::json::parse(contents(json));
        for (const auto& layer : report["layers"]) {
            const auto& snr = layer["output"]["snr_db"];  // null: there is no difference
            CHECK((snr.is_null() ? layer["output"]["largest"] == 0.0 : snr.get<float>() > least));
        }
        CHECK(report["by_step"][0]["largest"] < 1e-3);
    }
}

TEST_CASE("without gnuplot a page cannot be drawn, and nothing is written") {
    const test::Folder folder;
    const auto x = array(folder, "x.npy", {2, 5}, tokens(10));
    const auto result =
        test::run_program({"/usr/bin/env", "PATH=/nowhere", RUNNEL_CONVERT, source, "-o", folder.file("m.rnl"),
                           "--quantize", "int8", "--calibrate", x, "--report", folder.file("r.html")});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "gnuplot draws plots, but it is not installed"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("calibration data that does not fit is refused by name") {
    const test::Folder folder;
    const auto fails = [&](const std::string& model, const std::string& x, const std::string& why) {
        CAPTURE(why);
        const std::size_t before = folder.entries();
        const auto result = convert({model, "-o", folder.file("m.rnl"), "--quantize", "int8", "--calibrate", x});
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, x));
        CHECK(contains(result.err, why));
        CHECK(folder.entries() == before);
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    fails(source, array(folder, "cube.npy", {2, 3, 4}, tokens(24)), "its shape is [2, 3, 4]; the model takes tokens");
    fails(source, array(folder, "none.npy", {0, 4}, {}), "has no sequences");
    fails(source, array(folder, "short.npy", {4, 0}, {}), "its sequences have no steps");
    fails(source, array(folder, "outside.npy", {1, 2}, {3, 500}), "sequence 0, step 1 (from 0): 500 is not a token");
    fails(source, array(folder, "nan.npy", {1, 2}, {nan, 3}), "sequence 0, step 0 (from 0): nan is not a token");
    fails(source, folder.file("missing.npy"), "No such file");
    fails(on_features, array(folder, "wide.npy", {1, 2, 1000}, std::vector<float>(2000)), "its shape is [1, 2, 1000]");
}

TEST_CASE("options that go wrong") {
    const test::Folder folder;
    const std::string out = folder.file("m.rnl");
    const auto usage = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {source, "-o", out});
        CHECK(convert(more).exit_code == 2);
    };
    usage({"--quantize", "int4"});
    usage({"--quantize", "2"});
    usage({"--embedding", "int8x16"});
    usage({"--project-embedding", "--no-project-embedding"});
    usage({"--report", folder.file("r.html")});
    usage({"--calibrate", "x.npy", "--report", folder.file("r.pdf")});
    usage({"--calibrate", "x.npy", "--targets", "y.npy"});

    REQUIRE(convert({source, "-o", out, "--quantize", "int8"}).exit_code == 0);
    auto result = convert({out, "-o", folder.file("again.rnl"), "--quantize", "int8"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "m.rnl: is a Runnel model already"));
    result = convert({source, "-o", folder.file("again.rnl"), "--embedding", "int4"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "layer 'embedding': --embedding int4 needs rows whose width is a multiple of 32"));
    result = convert({on_features, "-o", folder.file("again.rnl"), "--project-embedding"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "the model does not begin with an embedding"));
    CHECK(folder.entries() == 1);
}
