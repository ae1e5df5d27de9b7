// What cannot be expressed is refused with the layer's name, its place in the file, and the reason.
#include <doctest/doctest.h>

#include <limits>

#include "../keras_file.hpp"

using namespace runnel;
using test::Json;
using test::KerasFile;
using test::refusal;

namespace {

bool says(const std::string& message, const std::string& beginning, const std::string& reason) {
    CAPTURE(message);
    CHECK(message.starts_with(beginning));
    CHECK(message.find(reason) != std::string::npos);
    return true;
}

KerasFile features() { return KerasFile().input({-1, 3}); }
KerasFile tokens(bool mask_zero = false) { return KerasFile().input({-1}).embedding(mask_zero); }

std::string lstm_with(const Json& options) { return refusal(features().lstm("lstm", 3, options)); }
const std::string lstm = "layer 'lstm' (LSTM, at model_weights/lstm): ";

}  // namespace

TEST_CASE("a plain model is not refused") {
    CHECK(refusal(features().lstm("lstm", 3).dense("dense", 2)) == "");
    CHECK(refusal(tokens(true).lstm("lstm", 3).dense("dense", 2)) == "");
}

TEST_CASE("layers that a stream of steps cannot have") {
    const auto with = [](const char* class_name) {
        return refusal(features().add(class_name, {{"name", "strange"}}).lstm("lstm", 3));
    };
    says(with("Bidirectional"), "layer 'strange' (Bidirectional, at model_weights/strange): ", "both ends");
    says(with("SeparableConv1D"), "layer 'strange' (SeparableConv1D, at model_weights/strange): ", "Conv1D over time is");
    says(with("GlobalMaxPooling1D"), "layer 'strange' (GlobalMaxPooling1D, ", "whole sequence");
    says(with("Flatten"), "layer 'strange' (Flatten, ", "rearranges");
    says(with("LayerNormalization"), "layer 'strange' (LayerNormalization, ", "depends on each step's data");
    says(with("Lambda"), "layer 'strange' (Lambda, ", "never run");
    says(with("Sequential"), "layer 'strange' (Sequential, ", "model within the model");
    says(with("MyOwn>Layer"), "layer 'strange' (MyOwn>Layer, ", "not supported");
}

TEST_CASE("normalizations that no weights can take") {
    const auto norm = [](KerasFile file, hsize_t width, Json options = Json::object(),
                         std::vector<float> variance = {}) {
        Json config = {{"name", "norm"}};
        config.update(options);
        std::vector<test::Array> arrays;
        for (const char* name : {"gamma:0", "beta:0", "moving_mean:0"}) arrays.push_back({name, {width}, {}});
        arrays.push_back({"moving_variance:0", {width}, std::move(variance)});
        return file.add("BatchNormalization", config, arrays);
    };
    const std::string begins = "layer 'norm' (BatchNormalization, at model_weights/norm): ";
    says(refusal(norm(features().lstm("lstm", 3), 2)), begins, "it is the last layer");
    says(refusal(norm(features().lstm("lstm", 3).dense("dense", 2, "sigmoid"), 2)), begins,
         "put its activation behind");
    says(refusal(norm(features().lstm("lstm", 3), 2).add("ReLU", {{"name", "relu"}}).dense("dense", 2)), begins,
         "an activation stands between");
    says(refusal(norm(features(), 3).add("Masking", {{"name", "masking"}}).lstm("lstm", 3)), begins,
         "put Masking first");
    says(refusal(norm(KerasFile().input({-1}), 1).embedding().lstm("lstm", 3)), begins, "no quantities");
    says(refusal(norm(features(), 3, {{"axis", 1}}).lstm("lstm", 3)), begins, "axis=-1");
    says(refusal(norm(features(), 3, {{"axis", {1, 2}}}).lstm("lstm", 3)), begins, "axis=-1");
    says(refusal(norm(features(), 4).lstm("lstm", 3)), begins, "has shape [4]");
    says(refusal(norm(features(), 3, {{"scale", false}}).lstm("lstm", 3)), begins, "4 arrays of it where 3");
    says(refusal(norm(features(), 3, Json::object(), {1, -2, 1}).lstm("lstm", 3)), begins, "no root");
    says(refusal(norm(features(), 3, {{"epsilon", 0}}, {1, 0, 1}).lstm("lstm", 3)), begins, "no root");
    says(refusal(norm(features(), 3, {{"epsilon", 1e-120}}, {1, 0, 1}).lstm("lstm", 3)), begins, "no float can hold");
    CHECK(refusal(norm(features(), 3).lstm("lstm", 3)) == "");
}

TEST_CASE("shapes in which steps are not what they were") {
    const auto shaped = [](KerasFile file, const char* class_name, Json config) {
        config["name"] = "shape";
        return file.add(class_name, config);
    };
    const Json sequences = {{"return_sequences", true}};
    const auto refused = [](const KerasFile& file, const std::string& begins,
                            const std::string& reason = "rearranges") {
        says(refusal(file), "layer 'shape' (" + begins + ", at model_weights/shape): ", reason);
    };
    refused(shaped(features().lstm("lstm", 3, sequences), "Flatten", Json::object()).dense("dense", 2), "Flatten");
    refused(shaped(KerasFile().input({4, 3}), "Flatten", Json::object()).dense("dense", 12), "Flatten");
    refused(shaped(KerasFile().input({4, 3}), "Permute", {{"dims", {2, 1}}}).lstm("lstm", 4), "Permute");
    refused(shaped(KerasFile().input({4, 3}).lstm("lstm", 3, sequences), "Reshape", {{"target_shape", {2, 4}}})
                .lstm("second", 4),
            "Reshape");
    refused(shaped(features().lstm("lstm", 3), "Reshape", {{"target_shape", {2, 1}}}).add("Softmax", {{"name", "s"}}),
            "Reshape");
    refused(shaped(KerasFile().input({4, 3}), "Reshape", {{"target_shape", {5, 3}}}).lstm("lstm", 3), "Reshape",
            "another number of values");
    refused(shaped(features(), "Reshape", {{"target_shape", "all"}}).lstm("lstm", 3), "Reshape", "not a list");
    refused(shaped(features(), "Reshape", {{"target_shape", Json::array()}}).lstm("lstm", 3), "Reshape", "not a list");
    refused(shaped(features(), "Reshape", {{"target_shape", {1e300, 3}}}).lstm("lstm", 3), "Reshape", "whole numbers");
    refused(shaped(features(), "Permute", {{"dims", {1, 1}}}).lstm("lstm", 3), "Permute", "no order");
    says(refusal(shaped(features().lstm("lstm", 3), "Reshape", {{"target_shape", {1, 2}}}).lstm("second", 2)),
         "layer 'second' (LSTM, ", "does not return sequences");
    says(refusal(KerasFile().input({3}).lstm("lstm", 3)), lstm, "no axis of time");
}

TEST_CASE("operations with parameters that Runnel does not have") {
    const auto with = [](const char* class_name, Json config) {
        auto file = features().add(class_name, {{"name", "op"}}).lstm("lstm", 3);
        file.layers[1]["module"] = "keras.src.ops.nn";
        file.layers[1]["config"].update(config);
        return refusal(file);
    };
    CHECK(with("Sigmoid", Json::object()) == "");
    CHECK(with("Gelu", {{"approximate", false}}) == "");
    says(with("Gelu", Json::object()), "layer 'op' (Gelu, ", "approximation");
    says(with("LogSoftmax", {{"axis", 1}}), "layer 'op' (LogSoftmax, ", "axis 1");
    says(with("Threshold", Json::object()), "layer 'op' (Threshold, ", "not supported");
    says(refusal(features().add("Sigmoid", {{"name", "own"}}).lstm("lstm", 3)), "layer 'own' (Sigmoid, ",
         "not supported");
}

TEST_CASE("options of recurrent layers") {
    says(lstm_with({{"go_backwards", true}}), lstm, "go_backwards");
    says(lstm_with({{"return_state", true}}), lstm, "return_state");
    says(lstm_with({{"time_major", true}}), lstm, "time_major");
    says(lstm_with({{"activation", "softmax"}}), lstm, "mixes the units");
    says(lstm_with({{"recurrent_activation", "my_gate"}}), lstm, "'my_gate'");
    says(lstm_with({{"activation", {{"class_name", "function"}, {"config", "mine"}}}}), lstm, "'mine'");
    says(lstm_with({{"activation", {{"class_name", "Custom>Snake"}, {"config", Json::object()}}}}), lstm,
         "Custom>Snake");
    says(lstm_with({{"activation", 3}}), lstm, "not a name");
    says(lstm_with({{"units", 0}}), lstm, "'units'");
    says(lstm_with({{"units", 1.5}}), lstm, "'units'");
    says(lstm_with({{"units", 1e9}}), lstm, "'units'");
    says(lstm_with({{"units", "2"}}), lstm, "'units'");
    says(lstm_with({{"return_sequences", "yes"}}), lstm, "'return_sequences'");
    const Json stacked = {{"class_name", "StackedRNNCells"}, {"config", Json::object()}};
    says(refusal(features().add("RNN", {{"name", "rnn"}, {"cell", stacked}})), "layer 'rnn' (RNN, ", "several cells");
}

TEST_CASE("layers in a place where they cannot be") {
    says(refusal(features().lstm("first", 3).lstm("second", 2)), "layer 'second' (LSTM, ", "does not return sequences");
    says(refusal(features().lstm("lstm", 3).add("TimeDistributed", {{"name", "every"}, {"layer", Json::object()}})),
         "layer 'every' (TimeDistributed, ", "does not return sequences");
    says(refusal(features().dense("dense", 3).embedding()), "layer 'embedding' (Embedding, ",
         "must be the first layer");
    const Json inner = {{"class_name", "LSTM"}, {"config", {{"name", "inner"}, {"units", 2}}}};
    says(refusal(features().add("TimeDistributed", {{"name", "every"}, {"layer", inner}})), 
         "layer 'every' (LSTM, ", "");
    says(refusal(KerasFile().input({3}).dense("dense", 3)), "the model takes an input of 1 dimensions",
         "features has two");
    says(refusal(KerasFile().input({4, 5}).embedding().lstm("lstm", 3)), "the model takes an input of 2 dimensions",
         "tokens has one");
    says(refusal(features()), "the model has no layer that computes", "");
}

TEST_CASE("masks that would not skip whole steps") {
    const Json masking = {{"name", "masking"}, {"mask_value", 0.0}};
    says(refusal(features().lstm("lstm", 3, {{"return_sequences", true}}).add("Masking", masking).lstm("second", 2)),
         "layer 'masking' (Masking, at model_weights/masking): ", "put Masking first");
    says(refusal(features().add("Masking", masking).dense("dense", 3)), "layer 'masking' (Masking)",
         "no recurrent layer");
    says(refusal(tokens(true).lstm("lstm", 3, {{"return_sequences", true}, {"zero_output_for_mask", true}})), lstm,
         "zero_output_for_mask");
    CHECK(refusal(tokens(false).lstm("lstm", 3, {{"return_sequences", true}, {"zero_output_for_mask", true}})) == "");
    says(refusal(tokens(true).add("CuDNNLSTM", {{"name", "fast"}, {"units", 2}})), "layer 'fast' (CuDNNLSTM, ",
         "use LSTM");
    says(refusal(tokens(true).lstm("lstm", 3, {{"return_sequences", true}}).add("Softmax", {{"name", "last"}})),
         "layer 'last' (Softmax, ", "mask");
    says(refusal(features().add("Masking", {{"name", "masking"}, {"mask_value", "x"}}).lstm("lstm", 3)),
         "layer 'masking'", "'mask_value' is not a number");
}

TEST_CASE("activation layers with other parameters than Runnel's") {
    const auto with = [](const char* class_name, Json config) {
        config["name"] = "act";
        return refusal(features().add(class_name, config).lstm("lstm", 3));
    };
    says(with("ReLU", {{"max_value", 3.0}}), "layer 'act' (ReLU, ", "max_value");
    says(with("ReLU", {{"threshold", 0.5}}), "layer 'act' (ReLU, ", "threshold");
    says(with("Softmax", {{"axis", 1}}), "layer 'act' (Softmax, ", "axis 1");
    says(with("LeakyReLU", {{"alpha", 1e300}}), "layer 'act' (LeakyReLU, ", "finite");
    says(with("Activation", {{"activation", "glu"}}), "layer 'act' (Activation, ", "odd number");
}

TEST_CASE("weights that are not those of the layer") {
    const auto with = [](std::vector<test::Array> arrays) {
        auto file = features().lstm("lstm", 3);
        file.weights.back().second = std::move(arrays);
        return refusal(file);
    };
    const test::Array kernel{"kernel:0", {3, 8}, {}}, recurrent{"recurrent_kernel:0", {2, 8}, {}};
    const test::Array bias{"bias:0", {8}, {}};
    says(with({kernel, recurrent}), lstm, "2 arrays of it where 3");
    says(with({{"kernel:0", {4, 8}, {}}, recurrent, bias}), lstm,
         "'model_weights/lstm/lstm/kernel:0' has shape [4, 8]");
    says(with({kernel, {"recurrent_kernel:0", {2, 6}, {}}, bias}), lstm, "needs [2, 8]");
    says(with({kernel, recurrent, {"bias:0", {2, 4}, {}}}), lstm, "'model_weights/lstm/lstm/bias:0' has shape [2, 4]");
    std::vector<float> values(24, 0.0f);
    values[5] = std::numeric_limits<float>::quiet_NaN();
    says(with({{"kernel:0", {3, 8}, values}, recurrent, bias}), lstm,
         "'model_weights/lstm/lstm/kernel:0' holds NaN at element 5");
    values[5] = -std::numeric_limits<float>::infinity();
    says(with({{"kernel:0", {3, 8}, values}, recurrent, bias}), lstm, "infinite");

    auto file = features().lstm("lstm", 3);
    file.weights.pop_back();
    says(refusal(file), lstm, "holds no weights");
    says(refusal(features().add("GRU", {{"name", "gru"}, {"units", 2}, {"reset_after", true}},
                                {{"kernel:0", {3, 6}, {}}, {"recurrent_kernel:0", {2, 6}, {}}, {"bias:0", {6}, {}}})),
         "layer 'gru' (GRU, ", "has shape [6] where the layer's configuration needs [2, 6]");
}
