#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/npy.hpp"
#include "program.hpp"
#include "support/shared_data.hpp"

using namespace runnel::test;
using nlohmann::json;

namespace {

/// eval's JSON; fails the test if it fails.
json eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "eval");
    arguments.push_back("--json");
    const Result result = run(arguments);
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    return json::parse(result.out);
}

}  // namespace

TEST_CASE("a classifier of two: binary cross-entropy is its usual loss") {
    const Folder folder;
    const std::string model = written(folder, classifier()), x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<std::uint16_t>(x, "<u2", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    for (const char* shape : {"(2,)", "(2, 1)"}) {
        write_npy<std::uint8_t>(y, "|b1", shape, {1, 0});
        const json scores = eval({model, "--inputs", x, "--targets", y});
        CHECK(scores["loss_function"] == "bce");
        // tiny_model.py: 0.500777565 for target 1, 0.503748000 for target 0.
        CHECK(scores["loss"].get<double>() == doctest::Approx(0.6961323376).epsilon(1e-6));
        CHECK(scores["accuracy"] == 0.5);
        CHECK(scores["answers"] == 2);
    }
    write_npy<float>(y, "<f4", "(2,)", {1, 0});
    const json mse = eval({model, "--inputs", x, "--targets", y, "--loss", "mse"});
    CHECK(mse["loss"].get<double>() == doctest::Approx(0.2514925436).epsilon(1e-6));
    CHECK_FALSE(mse.contains("accuracy"));
    const json mae = eval({model, "--inputs", x, "--targets", y, "--loss", "mae"});
    CHECK(mae["loss"].get<double>() == doctest::Approx(0.5014852175).epsilon(1e-6));
    for (const auto& [name, loss] : std::vector<std::pair<std::string, double>>{
             {"binary_crossentropy", 0.6961323376}, {"mean_squared_error", 0.2514925436},
             {"mean_absolute_error", 0.5014852175}, {"BinaryCrossentropy", 0.6961323376}, {"MSE", 0.2514925436}}) {
        const json scores = eval({model, "--inputs", x, "--targets", y, "--loss", name});
        CHECK(scores["loss"].get<double>() == doctest::Approx(loss).epsilon(1e-6));
    }
}

TEST_CASE("a classifier of three at every step: classes or one-hot targets") {
    const Folder folder;
    const std::string model = written(folder, tagger()), x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<std::int32_t>(x, "<i4", "(2, 2)", {1, 3, 0, 2});
    // tiny_model.py: 0.394398152, 0.345362276, 0.239949945, 0.421982479 for these classes.
    const double loss = 1.0709180260;
    write_npy<std::int64_t>(y, "<i8", "(2, 2)", {2, 1, 0, 2});
    json scores = eval({model, "--inputs", x, "--targets", y});
    CHECK(scores["loss_function"] == "categorical");
    CHECK(scores["loss"].get<double>() == doctest::Approx(loss).epsilon(1e-6));
    CHECK(scores["accuracy"] == 0.5);
    CHECK(scores["answers"] == 4);
    write_npy<float>(y, "<f4", "(2, 2, 3)", {0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1});
    for (const char* name : {"categorical", "categorical_crossentropy", "sparse_categorical_crossentropy"}) {
        scores = eval({model, "--inputs", x, "--targets", y, "--loss", name});
        CHECK(scores["loss"].get<double>() == doctest::Approx(loss).epsilon(1e-6));
        CHECK(scores["accuracy"] == 0.5);
    }
}

TEST_CASE("targets that fit neither model nor loss are refused") {
    const Folder folder;
    const std::string reviews = written(folder, classifier()), tags = written(folder, tagger(), "tagger.rnl"),
                      x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<std::int32_t>(x, "<i4", "(2, 2)", {1, 3, 0, 2});
    const auto refused = [&](const std::string& model, const std::string& loss, const std::string& reason) {
        const Result result = run({"eval", model, "--inputs", x, "--targets", y, "--loss", loss});
        CHECK(result.exit_code == 1);
        CHECK_MESSAGE(result.err.find(reason) != std::string::npos, result.err);
    };
    write_npy<std::uint8_t>(y, "|u1", "(3,)", {0, 1, 0});
    refused(reviews, "bce", "y.npy: its shape is [3]; the model's answers need [2, 1]");
    refused(reviews, "categorical", "use --loss bce");
    write_npy<std::uint8_t>(y, "|u1", "(2,)", {0, 3});
    refused(reviews, "bce", "sequence 1 (from 0): the target 3 is no probability");
    write_npy<std::uint32_t>(y, "<f4", "(2,)", {0, 0x7FC00000});
    refused(reviews, "mse", "not finite");
    write_npy<std::uint8_t>(y, "|u1", "(2, 2)", {0, 1, 3, 1});
    refused(tags, "categorical", "sequence 1, step 0 (from 0): the target 3 is no class");
    refused(tags, "mse", "need [2, 2, 3]");
    CHECK(run({"eval", reviews, "--inputs", x}).exit_code == 2);
    for (const std::string name : {"hinge", "7", "0"}) {
        const Result unknown = run({"eval", reviews, "--inputs", x, "--targets", y, "--loss", name});
        CHECK(unknown.exit_code == 2);
        CHECK(contains(unknown.err, "--loss: \"" + name + "\" is none of these: binary_crossentropy, "));
    }
}

TEST_CASE("eval --compare-window: the same sequences, the state carried on from each to the next") {
    const Folder folder;
    const std::string model = written(folder, classifier()), x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<std::uint16_t>(x, "<u2", "(2, 4)", {1, 4, 5, 2, 6, 6, 3, 0});
    write_npy<float>(y, "<f4", "(2,)", {1, 0});
    const json scores = eval({model, "--input", x, "--targets", y, "--loss", "mse", "--compare-window"});
    // tiny_model.py: 0.500777565 and 0.503748000 from zero state; the carried stream as live input answers it.
    const std::string live = run({"run", model}, "1\n4\n5\n2\n6\n6\n3\n0\n").out;
    const double windows[] = {0.500777565, 0.503748000};
    const double end = std::stod(live.substr(live.rfind('\n', live.size() - 2)));
    const json carried = scores["carried"];
    CHECK(scores["loss"].get<double>() == doctest::Approx(0.2514925436).epsilon(1e-6));
    const double error = (windows[0] - 1) * (windows[0] - 1), by = std::fabs(end - windows[1]);
    REQUIRE(by > 1e-4);
    CHECK(carried["loss"].get<double>() == doctest::Approx((error + end * end) / 2).epsilon(1e-6));
    CHECK(carried["largest_difference"].get<double>() == doctest::Approx(by).epsilon(1e-4));
    CHECK(carried["rms_difference"].get<double>() == doctest::Approx(by / std::sqrt(2)).epsilon(1e-4));
    CHECK(carried["window_deviation"].get<double>() == doctest::Approx((windows[1] - windows[0]) / 2).epsilon(1e-4));
    CHECK(carried["window_answers"][1].get<double>() == doctest::Approx(windows[1]).epsilon(1e-6));
    CHECK(carried["answers"][0].get<double>() == doctest::Approx(std::min(windows[0], end)).epsilon(1e-6));
    const Result text = run({"eval", model, "--inputs", x, "--targets", y, "--compare-window"});
    CHECK(text.exit_code == 0);
    CHECK(contains(text.out, "from zero state at each window of 4: answers 0.5008 to 0.5037"));
    CHECK(contains(text.out, "carried on from each to the next: answers "));
    CHECK_FALSE(eval({model, "--inputs", x, "--targets", y}).contains("carried"));
}
