// Conv1D over time, against its definition (https://keras.io/api/layers/convolution_layers/convolution1d).
#include <doctest/doctest.h>

#include "../keras_file.hpp"
#include "support/graph64.hpp"
#include "support/random.hpp"

using namespace runnel;
using test::Json;
using test::KerasFile;
using test::refusal;

namespace {

constexpr hsize_t conv_frames = 3, conv_width = 2, conv_filters = 4;

KerasFile convolution(const Json& options, bool stepwise = true) {
    KerasFile file;
    file.input({-1, int(conv_width)});
    Json config = {{"name", "conv"}, {"filters", conv_filters}, {"kernel_size", {conv_frames}},
                   {"strides", {1}}, {"padding", "causal"},     {"dilation_rate", {1}},
                   {"groups", 1},    {"activation", "linear"}};
    config.update(options);
    file.add("Conv1D", config,
             {{"kernel:0",
               {conv_frames, conv_width, conv_filters},
               test::uniform(conv_frames * conv_width * conv_filters, 1, 3)},
              {"bias:0", {conv_filters}, test::uniform(conv_filters, 1, 4)}});
    file.lstm("lstm", conv_filters, {{"return_sequences", stepwise}});
    return file;
}

/// The conv_filters' outputs at step `t`; what lies before the first step is zero.
test::Vector at(const std::vector<test::Vector>& x, std::size_t t, std::size_t dilation) {
    const auto kernel = test::uniform(conv_frames * conv_width * conv_filters, 1, 3),
               bias = test::uniform(conv_filters, 1, 4);
    test::Vector y(bias.begin(), bias.end());
    for (std::size_t k = 0; k < conv_frames; ++k) {
        const std::size_t back = (conv_frames - 1 - k) * dilation;
        for (std::size_t f = 0; back <= t && f < conv_width; ++f)
            for (std::size_t u = 0; u < conv_filters; ++u)
                y[u] += double(kernel[(k * conv_width + f) * conv_filters + u]) * x[t - back][f];
    }
    return y;
}

/// The graph without the layers behind the convolution.
test::Vector outputs_of(const KerasFile& file, const std::vector<test::Vector>& x) {
    auto graph = converter::read_model(file.bytes()).graph;
    while (graph.layers.back().name != "conv") graph.layers.pop_back();
    test::Graph64 reference(graph);
    test::Vector y;
    for (const auto& step : x) y = reference.step(step);
    return y;
}

void refused(const KerasFile& file, const std::string& reason) {
    const std::string message = refusal(file);
    CAPTURE(message);
    CHECK(message.starts_with("layer '"));
    CHECK(message.find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("each filter weighs the last frames, the oldest first") {
    std::vector<test::Vector> x;
    for (unsigned t = 0; t < 9; ++t) {
        const auto step = test::uniform(conv_width, 1, 50 + t);
        x.emplace_back(step.begin(), step.end());
        for (const std::size_t dilation : {1, 2}) {
            const auto y = outputs_of(convolution({{"dilation_rate", {dilation}}}), x);
            const auto expected = at(x, t, dilation);
            for (std::size_t u = 0; u < conv_filters; ++u) CHECK(y[u] == doctest::Approx(expected[u]).epsilon(1e-9));
        }
    }
}

TEST_CASE("what the summary and the parameters say") {
    auto file = convolution({{"padding", "valid"}}, false);
    file.layers[0]["config"]["batch_input_shape"] = {nullptr, 20, conv_width};
    const auto model = converter::read_model(file.bytes());
    CHECK(model.summary[0].output_shape == std::vector<long>{18, long(conv_filters)});
    CHECK(model.summary[0].parameters == conv_frames * conv_width * conv_filters + conv_filters);
    CHECK(model.graph.sequence_length == 20);
    REQUIRE(model.graph.layers.size() == 3);
    CHECK(std::get<converter::Window>(model.graph.layers[0].kind).whole);
}

TEST_CASE("convolutions that are refused") {
    refused(convolution({{"padding", "same"}}), "padding='causal'");
    refused(convolution({{"strides", {2}}}), "strides=1");
    refused(convolution({{"groups", 2}}), "groups");
    refused(convolution({{"data_format", "channels_first"}}), "channels_last");
    refused(convolution({{"kernel_size", {3, 3}}}), "'kernel_size' has more than one number");
    refused(convolution({{"kernel_size", Json::array()}}), "'kernel_size'");
    refused(convolution({{"padding", "valid"}}), "but the first 2");
    CHECK(refusal(convolution({{"padding", "valid"}}, false)) == "");
    KerasFile masked;
    masked.input({-1}).embedding(true).add("Conv1D", {{"name", "conv"}, {"filters", 2}, {"kernel_size", {2}}});
    refused(masked, "mask");
    KerasFile late;
    late.input({-1, 3}).lstm("lstm", 3).add("Conv1D", {{"name", "conv"}, {"filters", 2}, {"kernel_size", {2}}});
    refused(late, "return sequences");
}
