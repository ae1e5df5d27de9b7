// Functional models: one chain is followed, everything else is refused.
#include <doctest/doctest.h>

#include "../keras_file.hpp"

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

TEST_CASE("several inputs or outputs") {
    auto file = chain();
    file.functional["output_layers"].push_back(end("lstm"));
    refused(file, "the model has 2 outputs ('dense', 'lstm')", "save the part");
    file = chain();
    file.functional["input_layers"].push_back(end("lstm"));
    refused(file, "the model has 2 inputs", "");
    file.functional["input_layers"] = Json::object();
    refused(file, "the model's configuration names no input", "");
}

TEST_CASE("branches and merges") {
    auto file = chain();
    file.dense("side", 2).wire(3, Json::array({from("lstm")}));
    refused(file, "layer 'side' (Dense): ", "not on the way");
    file = chain();
    Json two = from("lstm");
    two.push_back(from("input")[0]);
    file.wire(1, Json::array({two}));
    refused(file, "layer 'dense' (Dense): ", "reads 2 tensors");
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
            "layer 'lstm' (LSTM): ", "2 tensors");
    refused(with({{{"class_name", "__keras_tensor__"}}}, Json::object()), "layer 'lstm' (LSTM): ", "damaged");
}
