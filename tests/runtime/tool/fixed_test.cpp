// The program on fixed models.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/shared_data.hpp"

using namespace runnel::test;
using nlohmann::json;

TEST_CASE("info and eval tell ranges and how often they were left") {
    const Folder folder;
    const std::string model = converted(golden("keras/lstm_20.h5"), folder.file("m.rnl"), {"--quantize", "fixed"});
    const json info = json::parse(run({"info", model, "--json"}).out);
    CHECK(info["layers"][0]["format"] == "fixed");
    CHECK(info["layers"][0]["input_range"].get<double>() == doctest::Approx(16).epsilon(1e-4));
    CHECK(info["layers"][0]["state_range"].get<double>() == doctest::Approx(1).epsilon(1e-4));
    CHECK(info["layers"][1]["input_range"].is_null());
    CHECK(info["layers"][1]["dynamic"] == false);
    CHECK(contains(run({"info", model}).out, "input ±16.0, state ±"));

    write_npy<float>(folder.file("x.npy"), "<f4", "(1, 2, 5)", {0, 1, 2, 3, 4, -17, 0.5f, 1e9f, 15, 0});
    write_npy<float>(folder.file("y.npy"), "<f4", "(1, 3)", {0, 1, 0});
    const json scores = json::parse(
        run({"eval", model, "--inputs", folder.file("x.npy"), "--targets", folder.file("y.npy"), "--json"}).out);
    CHECK(scores["saturations"] == 2);
    CHECK(scores["steps"] == 2);
    const Result text = run({"eval", model, "--inputs", folder.file("x.npy"), "--targets", folder.file("y.npy")});
    CHECK(text.exit_code == 0);
    const std::string layer = info["layers"][0]["name"];
    CHECK(contains(text.out, "saturated 2  (numbers, in 2 steps: " + layer + " 2; "));
    CHECK(scores["layers"][0] == json{{"name", layer}, {"saturations", 2}});
    CHECK(scores["layers"][1]["saturations"] == 0);
}

TEST_CASE("eval counts what leaves the calibrated ranges of a quantized model by the layer") {
    const Folder folder;
    const std::string x = folder.file("x.npy"), y = folder.file("y.npy");
    write_npy<float>(x, "<f4", "(1, 2, 5)", {0, 1, 2, 3, 4, -4, 0.5f, 1, 3, 0});
    write_npy<float>(y, "<f4", "(1, 3)", {0, 1, 0});
    const std::string model = converted(golden("keras/lstm_20.h5"), folder.file("m.rnl"),
                                        {"--quantize", "int8", "--calibrate", x});
    write_npy<float>(x, "<f4", "(1, 2, 5)", {0, 1, 2, 3, 4, -1000, 0.5f, 1000, 1000, 0});
    const json scores = json::parse(run({"eval", model, "--inputs", x, "--targets", y, "--json"}).out);
    CHECK(scores["layers"][0]["saturations"] >= 3);
    CHECK(scores["layers"][0]["saturations"].get<int>() + scores["layers"][1]["saturations"].get<int>() ==
          scores["saturations"]);
}

TEST_CASE("floats have no ranges to leave") {
    const Folder folder;
    const std::string model = written(folder, classifier());
    CHECK(json::parse(run({"info", model, "--json"}).out)["layers"][1]["state_range"].is_null());
    CHECK_FALSE(contains(run({"info", model}).out, "saturate"));
}

TEST_CASE("run and bench take fixed models, one-hot input as tokens") {
    const Folder folder;
    const std::string model =
        converted(golden("keras/gru_one_hot.h5"), folder.file("m.rnl"), {"--quantize", "fixed8", "--one-hot"});
    write_npy<std::uint8_t>(folder.file("x.npy"), "|u1", "(2, 3)", {0, 1, 2, 3, 0, 1});
    const Result result = run({"run", model, "--input", folder.file("x.npy"), "--output", folder.file("y.npy")});
    CHECK(result.exit_code == 0);
    CHECK(json::parse(run({"info", model, "--json"}).out)["input"]["kind"] == "tokens");
    write_npy<std::uint8_t>(folder.file("x.npy"), "|u1", "(1, 1)", {11});
    CHECK(contains(run({"run", model, "--input", folder.file("x.npy"), "--output", folder.file("y.npy")}).err,
              "11 is not a token"));
    const json bench = json::parse(run({"bench", model, "--json"}).out);
    CHECK(bench["bytes"]["weights"] == 27 * (11 + 9) + 4 * 54 + 9 + 4);
}

TEST_CASE("info shows the dropout that goes along for training") {
    const Folder folder;
    const std::string architecture =
        R"({"class_name": "Sequential", "keras_version": "2.13.1", "config": {"name": "fresh", "layers": [)"
        R"({"class_name": "Embedding", "config": {"name": "embedding", "input_dim": 50, "output_dim": 4}},)"
        R"({"class_name": "GRU", "config": {"name": "gru", "units": 3, "reset_after": true,)"
        R"( "dropout": 0.2, "recurrent_dropout": 0.1}},)"
        R"({"class_name": "Dense", "config": {"name": "dense", "units": 1, "activation": "sigmoid"}}]}})";
    write_file(folder.file("new.json"), {architecture.begin(), architecture.end()});
    for (const std::string format : {"fixed", "f32"}) {
        const std::string model = folder.file("m.rnl");
        const bool learns = format == "fixed";
        REQUIRE(convert({"--new", folder.file("new.json"), "--quantize", format, "-o", model}).exit_code == 0);
        const json layers = json::parse(run({"info", model, "--json"}).out)["layers"];
        CHECK(layers[1]["dropout"] == (learns ? 0.2 : 0.0));
        CHECK(layers[1]["recurrent_dropout"] == (learns ? 0.1 : 0.0));
        CHECK(layers[1]["dropout_each_step"] == false);
        CHECK(layers[2]["dropout"] == 0.0);
        CHECK(contains(run({"info", model}).out, "gru 0.2 of the inputs, 0.1 of the state") == learns);
    }
}
