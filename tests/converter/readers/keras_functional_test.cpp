// Functional models: chains and branches, and what is refused.
#include <doctest/doctest.h>

#include <cmath>

#include "../bytes.hpp"
#include "../keras_file.hpp"
#include "support/graph64.hpp"

using namespace runnel;
using test::Json;
using test::KerasFile;
using test::refusal;

namespace {

Json from(const char* layer) { return Json::array({Json::array({layer, 0, 0, Json::object()})}); }
Json end(const char* layer) { return Json::array({layer, 0, 0}); }

/// input -> lstm -> dense, listed in another order than the data flows in.
KerasFile chain() {
    KerasFile file;
    file.input({-1, 3}).dense("dense", 2).lstm("lstm", 3);
    file.wire(0, Json::array()).wire(1, Json::array({from("lstm")})).wire(2, Json::array({from("input")}));
    file.functional = {{"input_layers", {end("input")}}, {"output_layers", {end("dense")}}};
    return file;
}

void refused(const KerasFile& file, const std::string& beginning, const std::string& reason) {
    const std::string message = refusal(file);
    CAPTURE(message);
    CHECK(message.starts_with(beginning));
    CHECK(message.find(reason) != std::string::npos);
}

Json tensor(const char* layer) {
    return {{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", end(layer)}}}};
}

}  // namespace

TEST_CASE("a chain is followed from the input to the output") {
    const auto model = converter::read_model(chain().bytes());
    REQUIRE(model.graph.layers.size() == 2);
    CHECK(model.graph.layers[0].name == "lstm");
    CHECK(model.graph.layers[1].name == "dense");
    REQUIRE(model.summary.size() == 3);
    CHECK(model.summary[0].name == "input");
}

TEST_CASE("several outputs are pieces of one answer") {
    auto file = chain();
    file.functional["output_layers"].push_back(end("lstm"));
    const auto graph = converter::read_model(file.bytes()).graph;
    REQUIRE(graph.outputs.size() == 2);
    CHECK(graph.outputs[0].name == "dense");
    CHECK(graph.outputs[1].name == "lstm");
    REQUIRE(graph.layers.size() == 3);
    CHECK(graph.layers[2].sources == std::vector<std::size_t>{2, 1});
    CHECK(converter::output_width(graph.layers[2]) == 4);
}

TEST_CASE("ends that are none") {
    auto file = chain();
    file.functional["input_layers"].push_back(end("lstm"));
    refused(file, "layer 'input' (InputLayer): ", "not on the way");
    file.functional["input_layers"] = Json::object();
    refused(file, "the model's configuration names no input", "");
    file = chain();
    file.functional["output_layers"] = Json::array();
    refused(file, "the model's configuration names no output", "");
}

/// Two inputs -> Dense a, and Dense b of tanh; their sum, beside the first input, -> Dense out. All weights are 0.25.
KerasFile branches() {
    KerasFile file;
    file.input({-1, 3}, "left").input({-1, 2}, "right").dense("a", 3).dense("b", 2, "tanh");
    file.add("Add", {{"name", "sum"}}).add("Concatenate", {{"name", "beside"}, {"axis", -1}}).dense("out", 5);
    const auto both = [](const char* one, const char* other) {
        Json call = from(one);
        call.push_back(from(other)[0]);
        return Json::array({call});
    };
    file.wire(0, Json::array()).wire(1, Json::array()).wire(2, Json::array({from("left")}));
    file.wire(3, Json::array({from("right")})).wire(4, both("a", "b")).wire(5, both("sum", "left"));
    file.wire(6, Json::array({from("beside")}));
    file.functional = {{"input_layers", {end("left"), end("right")}}, {"output_layers", {end("out")}}};
    return file;
}

TEST_CASE("branches that meet, over two inputs") {
    const auto graph = converter::read_model(branches().bytes()).graph;
    REQUIRE(graph.inputs.size() == 2);
    CHECK(graph.inputs[1].name == "right");
    CHECK(graph.inputs[1].width == 2);
    CHECK(converter::input_width(graph) == 5);
    const double x[] = {0.5, -1, 2, 0.75, -0.25};
    const double a = 0.25 * (x[0] + x[1] + x[2]) + 0.25, b = std::tanh(0.25 * (x[3] + x[4]) + 0.25);
    const double expected = 0.25 * (2 * (a + b) + x[0] + x[1] + x[2]) + 0.25;
    test::Graph64 reference(graph);
    for (const double y : reference.step({x, x + 5})) CHECK(y == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("Keras 3 keeps the order of what a merge reads") {
    auto file = branches();
    const auto call = [](Json tensors) {
        return Json{{"args", Json::array({std::move(tensors)})}, {"kwargs", Json::object()}};
    };
    file.layers[4]["class_name"] = "Subtract";
    file.wire(4, Json::array({call(Json::array({tensor("b"), tensor("a")}))}));
    const auto graph = converter::read_model(file.bytes()).graph;
    const auto names = [&](std::size_t layer) {
        std::vector<std::string> read;
        for (const std::size_t value : converter::sources_of(graph, layer))
            read.push_back(graph.layers[value - 1].name);
        return read;
    };
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        if (graph.layers[i].name == "sum") CHECK(names(i) == std::vector<std::string>{"b", "a"});
        if (graph.layers[i].name == "beside") CHECK(names(i) == std::vector<std::string>{"sum", "left"});
    }
}

TEST_CASE("what does not fit together") {
    auto file = branches();
    file.layers[3]["config"]["units"] = 3;
    file.weights[3].second = {{"kernel:0", {2, 3}, {}}, {"bias:0", {3}, {}}};
    refused(file, "layer 'sum' (Add", "2 and 3 values");
    file = branches();
    file.layers[5]["config"]["axis"] = 1;
    refused(file, "layer 'beside' (Concatenate", "axis");
    file = branches();
    file.layers[0]["config"]["batch_input_shape"] = {nullptr, nullptr, nullptr};
    refused(file, "layer 'left' (InputLayer", "known number");
    file = branches();
    file.layers[4]["class_name"] = "Subtract";
    Json three = from("a");
    three.push_back(from("b")[0]), three.push_back(from("a")[0]);
    file.wire(4, Json::array({three}));
    refused(file, "layer 'sum' (Subtract", "subtracts 3");
    // An answer at every step beside one at the end.
    file = chain();
    file.lstm("stepwise", 3, {{"return_sequences", true}}).wire(3, Json::array({from("input")}));
    file.functional["output_layers"].push_back(end("stepwise"));
    refused(file, "layer 'stepwise' (LSTM", "at every step");
    file.add("Concatenate", {{"name", "both"}});
    Json both = from("lstm");
    both.push_back(from("stepwise")[0]);
    file.wire(4, Json::array({both}));
    file.functional["output_layers"] = Json::array({end("both"), end("dense")});
    refused(file, "layer 'both' (Concatenate", "sequence and a single vector");
    // A scale within a branch.
    file = branches();
    file.layers[4] = {{"class_name", "BatchNormalization"}, {"config", {{"name", "bn"}}}, {"name", "bn"}};
    file.weights[4] = {
        "bn", {{"gamma:0", {2}, {}}, {"beta:0", {2}, {}}, {"moving_mean:0", {2}, {}}, {"moving_variance:0", {2}, {}}}};
    file.wire(4, Json::array({from("a")}));
    Json two = from("bn");
    two.push_back(from("b")[0]);
    file.wire(5, Json::array({two}));
    file.layers[6]["config"]["units"] = 2;
    file.weights[6].second = {{"kernel:0", {4, 2}, {}}, {"bias:0", {2}, {}}};
    refused(file, "layer 'bn' (BatchNormalization", "branches");
}

TEST_CASE("ten thousand layers, and a branch that doubles ten thousand times") {
    KerasFile file;
    file.input({-1, 3}).wire(0, Json::array());
    std::string last = "input";
    for (int i = 0; i < 10000; ++i) {
        const std::string name = "add_" + std::to_string(i);
        Json both = from(last.c_str());
        both.push_back(from(last.c_str())[0]);
        file.add("Add", {{"name", name}}).wire(std::size_t(i) + 1, Json::array({both}));
        last = name;
    }
    file.functional = {{"input_layers", {end("input")}}, {"output_layers", {end(last.c_str())}}};
    const auto model = converter::new_model(test::bytes_of(file.config().dump()), 1);
    CHECK(model.graph.layers.size() == 10000);
}

TEST_CASE("branches and merges") {
    auto file = chain();
    file.dense("side", 2).wire(3, Json::array({from("lstm")}));
    refused(file, "layer 'side' (Dense): ", "not on the way");
    file = chain();
    Json two = from("lstm");
    two.push_back(from("input")[0]);
    file.wire(1, Json::array({two}));
    refused(file, "layer 'dense' (Dense, ", "reads 2 tensors");
    file = chain();
    file.wire(2, Json::array({from("input"), from("dense")}));
    refused(file, "layer 'lstm' (LSTM): ", "is used 2 times");
    file = chain();
    file.wire(2, Json::array({from("dense")}));
    refused(file, "layer 'dense' (Dense): ", "circle");
    file = chain();
    file.wire(2, Json::array({from("nobody")}));
    refused(file, "the model's configuration speaks of a layer 'nobody'", "");
    file = chain();
    file.wire(2, Json::array());
    refused(file, "layer 'lstm' (LSTM): ", "no input");
}

TEST_CASE("calls with more than the data") {
    const auto with = [](Json keywords) {
        auto file = chain();
        Json call = from("input");
        call[0][3] = std::move(keywords);
        file.wire(2, Json::array({call}));
        return file;
    };
    CHECK(refusal(with({{"training", false}, {"mask", nullptr}})) == "");
    refused(with({{"training", true}}), "layer 'lstm' (LSTM): ", "training=True");
    refused(with({{"initial_state", {end("dense"), end("dense")}}}), "layer 'lstm' (LSTM): ", "'initial_state'");
    auto file = chain();
    Json call = from("input");
    call[0][2] = 1;
    file.wire(2, Json::array({call}));
    refused(file, "layer 'lstm' (LSTM): ", "second output of layer 'input'");
}

TEST_CASE("Keras 3's calls") {
    const auto with = [](Json arguments, Json keywords) {
        auto file = chain();
        const Json call = {{"args", std::move(arguments)}, {"kwargs", std::move(keywords)}};
        file.wire(2, Json::array({call}));
        return file;
    };
    CHECK(refusal(with(Json::array({tensor("input")}), {{"mask", nullptr}, {"training", nullptr}})) == "");
    refused(with(Json::array({tensor("input")}), {{"initial_state", Json::array({tensor("input")})}}),
            "layer 'lstm' (LSTM): ", "initial state");
    refused(with(Json::array({tensor("input")}), {{"mask", tensor("input")}}), "layer 'lstm' (LSTM): ", "takes a mask");
    refused(with(Json::array({Json::array({tensor("input"), tensor("input")})}), Json::object()),
            "layer 'lstm' (LSTM, ", "2 tensors");
    refused(with({{{"class_name", "__keras_tensor__"}}}, Json::object()), "layer 'lstm' (LSTM): ", "damaged");
}
