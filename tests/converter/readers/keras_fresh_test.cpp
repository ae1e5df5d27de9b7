// New models: initialised with Keras' formulas, reproducibly.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "../bytes.hpp"
#include "error.hpp"
#include "quantize/quantize.hpp"
#include "readers/keras_initializers.hpp"
#include "readers/readers.hpp"

using namespace runnel;
using namespace runnel::converter;
using keras::Json;
using test::bytes_of;

namespace {

Json layer(const char* class_name, Json config) { return {{"class_name", class_name}, {"config", std::move(config)}}; }

/// As model.to_json() of Keras 2.13 gives it.
Bytes sequential(std::vector<Json> layers) {
    const Json model = {{"class_name", "Sequential"},
                        {"config", {{"name", "sequential"}, {"layers", std::move(layers)}}},
                        {"keras_version", "2.13.1"},
                        {"backend", "tensorflow"}};
    return bytes_of(model.dump());
}

Json embedding(int tokens, int width) {
    return layer("Embedding", {{"name", "embedding"}, {"input_dim", tokens}, {"output_dim", width}});
}

Json features(int width) {
    return layer("InputLayer", {{"name", "in"}, {"batch_input_shape", {nullptr, nullptr, width}}});
}

Json recurrent(const char* class_name, int units, Json more = Json::object()) {
    Json config = {{"name", "cell"}, {"units", units}, {"reset_after", true}};
    config.update(more);
    return layer(class_name, config);
}

Json dense(int units) { return layer("Dense", {{"name", "dense"}, {"units", units}, {"activation", "sigmoid"}}); }

/// An array filled by an initializer.
std::vector<float> drawn(const Json& initializer, Hdf5File::Shape shape, std::uint64_t seed = 1) {
    keras::Random random(seed);
    return keras::initialize({"Dense", "some", Json::object(), ""}, initializer, shape, random);
}

struct Statistics {
    double mean = 0, deviation = 0, least = 0, largest = 0;

    explicit Statistics(const std::vector<float>& values) {
        for (const float v : values) mean += v / double(values.size());
        for (const float v : values) deviation += (v - mean) * (v - mean) / double(values.size());
        deviation = std::sqrt(deviation);
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        least = *low, largest = *high;
    }
};

/// Uniform in [-limit, limit]: to the ends, and with the deviation of it.
void check_uniform(const std::vector<float>& values, double limit) {
    const Statistics s(values);
    const double n = double(values.size());
    CHECK(std::fabs(s.mean) < 4 * limit / std::sqrt(3 * n));
    CHECK(s.deviation == doctest::Approx(limit / std::sqrt(3.0)).epsilon(4 / std::sqrt(n)));
    CHECK(s.least >= -limit);
    CHECK(s.largest <= limit);
    CHECK(s.largest > limit * (1 - 20 / n));
}

void check_normal(const std::vector<float>& values, double mean, double deviation) {
    const Statistics s(values);
    const double n = double(values.size());
    CHECK(std::fabs(s.mean - mean) < 4 * deviation / std::sqrt(n));
    CHECK(s.deviation == doctest::Approx(deviation).epsilon(4 / std::sqrt(n)));
}

const Recurrent& cell_of(const Import& model) { return std::get<Recurrent>(model.graph.layers[0].kind); }

std::string refusal_of(const std::vector<Json>& layers) {
    try {
        static_cast<void>(new_model(sequential(layers), 1));
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("initializers have the distributions of their formulas") {
    const Hdf5File::Shape shape{300, 100};
    check_uniform(drawn("glorot_uniform", shape), std::sqrt(6.0 / 400));
    check_uniform(drawn({{"class_name", "GlorotUniform"}, {"config", {{"seed", 7}}}}, shape), std::sqrt(6.0 / 400));
    check_uniform(drawn("he_uniform", shape), std::sqrt(6.0 / 300));
    check_uniform(drawn("lecun_uniform", shape), std::sqrt(3.0 / 300));
    check_uniform(drawn("uniform", shape), 0.05);
    check_uniform(drawn({{"class_name", "RandomUniform"}, {"config", {{"minval", -2}, {"maxval", 2}}}}, shape), 2);
    check_normal(drawn("random_normal", shape), 0, 0.05);
    check_normal(drawn({{"class_name", "RandomNormal"}, {"config", {{"mean", 3}, {"stddev", 0.5}}}}, shape), 3, 0.5);
    check_normal(drawn("glorot_normal", shape), 0, std::sqrt(2.0 / 400));
    check_normal(drawn("he_normal", shape), 0, std::sqrt(2.0 / 300));
    check_normal(drawn("lecun_normal", shape), 0, std::sqrt(1.0 / 300));
    const auto cut = drawn("truncated_normal", shape);
    check_normal(cut, 0, 0.05 * 0.8796256610342398);
    CHECK(Statistics(cut).largest <= 0.1);
    const Json scaling = {{"class_name", "VarianceScaling"},
                          {"config", {{"scale", 3.0}, {"mode", "fan_out"}, {"distribution", "uniform"}}}};
    check_uniform(drawn(scaling, shape), std::sqrt(3 * 3.0 / 100));
    CHECK(drawn("zeros", {5}) == std::vector<float>(5, 0.0f));
    CHECK(drawn("Ones", {5}) == std::vector<float>(5, 1.0f));
    CHECK(drawn({{"class_name", "Constant"}, {"config", {{"value", 0.25}}}}, {2}) == std::vector<float>(2, 0.25f));
    CHECK(drawn("identity", {2, 2}) == std::vector<float>{1, 0, 0, 1});
}

TEST_CASE("orthogonal matrices are orthogonal, wide or tall, and as often of either sign") {
    for (const auto& shape : {std::pair<std::size_t, std::size_t>{8, 32}, {64, 192}, {50, 20}, {33, 33}}) {
        const std::size_t rows = shape.first, columns = shape.second;
        const auto q = drawn("orthogonal", {rows, columns});
        const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
        const auto at = [&](std::size_t vector, std::size_t k) {
            return double(rows <= columns ? q[vector * columns + k] : q[k * columns + vector]);
        };
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j <= i; ++j) {
                double product = 0;
                for (std::size_t k = 0; k < length; ++k) product += at(i, k) * at(j, k);
                CHECK(std::fabs(product - (i == j)) < 1e-6);
            }
    }
    int positive = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) positive += drawn("orthogonal", {4, 4}, seed)[0] > 0;
    CHECK(std::abs(positive - 200) < 60);  // six standard deviations
    const auto twice = drawn({{"class_name", "Orthogonal"}, {"config", {{"gain", 2.0}}}}, {3, 3});
    CHECK(std::inner_product(twice.begin(), twice.begin() + 3, twice.begin(), 0.0) == doctest::Approx(4));
}

TEST_CASE("layers are initialised as Keras does where the architecture says nothing else") {
    const auto tokens = new_model(sequential({embedding(500, 16), recurrent("GRU", 8), dense(1)}), 3);
    REQUIRE(tokens.graph.layers.size() == 3);
    CHECK(tokens.framework == "keras 2.13.1, initialised with seed 3");
    CHECK(tokens.graph.layers[1].parameters == 624);
    check_uniform(std::get<Embedding>(tokens.graph.layers[0].kind).table.values, 0.05);
    const auto& gru = std::get<Recurrent>(tokens.graph.layers[1].kind);
    CHECK(gru.cell == schema::Cell::gru);
    check_uniform(gru.input.values, std::sqrt(6.0 / (16 + 24)));
    CHECK(gru.bias == std::vector<float>(32, 0.0f));
    // Keras' recurrent kernel is [8][24]: here, column k of all rows is its row k.
    for (std::size_t k = 0; k < 8; ++k) {
        double squares = 0;
        for (std::size_t row = 0; row < 24; ++row) squares += std::pow(gru.recurrent.at(row, k), 2);
        CHECK(squares == doctest::Approx(1));
    }
    const auto lstm = new_model(sequential({features(3), recurrent("LSTM", 4), dense(1)}), 3);
    const auto& bias = cell_of(lstm).bias;
    REQUIRE(bias.size() == 16);
    for (std::size_t i = 0; i < 16; ++i) CHECK(bias[i] == (i / 4 == 1 ? 1.0f : 0.0f));
    const Json plain = {{"unit_forget_bias", false}, {"bias_initializer", "ones"}, {"kernel_initializer", "zeros"}};
    const auto changed = new_model(sequential({features(3), recurrent("LSTM", 4, plain), dense(1)}), 3);
    CHECK(cell_of(changed).bias == std::vector<float>(16, 1.0f));
    CHECK(cell_of(changed).input.values == std::vector<float>(48, 0.0f));
    const auto wrapped = new_model(
        sequential({features(3), layer("RNN", {{"name", "rnn"}, {"cell", recurrent("LSTMCell", 4)}}), dense(1)}), 3);
    CHECK(cell_of(wrapped).bias == bias);
}

TEST_CASE("a seed gives the same weights each time, another one others") {
    const Bytes architecture = sequential({features(3), recurrent("SimpleRNN", 5), dense(2)});
    const auto a = new_model(architecture, 1), b = new_model(architecture, 1), c = new_model(architecture, 2);
    CHECK(cell_of(a).input.values == cell_of(b).input.values);
    CHECK(cell_of(a).recurrent.values == cell_of(b).recurrent.values);
    CHECK(cell_of(a).input.values != cell_of(c).input.values);
    CHECK(cell_of(a).input.at(0, 0) != cell_of(a).input.at(1, 0));
}

TEST_CASE("a fresh normalization divides by the root of one and epsilon, which goes into the weights") {
    const auto dense = [](bool scale) {
        const Json norm = {{"name", "norm"}, {"epsilon", 3.0}, {"scale", scale}, {"gamma_initializer", "zeros"},
                           {"moving_mean_initializer", "ones"}};
        const Json ones = {{"name", "dense"}, {"units", 1}, {"kernel_initializer", "ones"}};
        const Import made = new_model(
            sequential({features(2), layer("BatchNormalization", norm), layer("Dense", ones)}), 1);
        return std::get<Dense>(made.graph.layers.front().kind);
    };
    CHECK(dense(false).weights.values == std::vector<float>{0.5f, 0.5f});
    CHECK(dense(false).bias == std::vector<float>{-1});
    CHECK(dense(true).weights.values == std::vector<float>{0, 0});
}

TEST_CASE("dropout is kept for training") {
    const Json rates = {{"dropout", 0.3}, {"recurrent_dropout", 0.2}};
    const auto drop = [](const char* class_name, double rate) {
        return layer(class_name, {{"name", "drop"}, {"rate", rate}});
    };
    const auto model = new_model(sequential({embedding(9, 4), drop("SpatialDropout1D", 0.5),
                                             recurrent("LSTM", 4, rates), drop("Dropout", 0.25), dense(1)}),
                                 1);
    CHECK(model.graph.layers[1].dropout == doctest::Approx(1 - 0.5 * 0.7));
    CHECK(model.graph.layers[1].recurrent_dropout == 0.2);
    CHECK(model.graph.layers[2].dropout == 0.25);
    const auto stepwise =
        new_model(sequential({embedding(9, 4), drop("Dropout", 0.5), recurrent("LSTM", 4), dense(1)}), 1);
    CHECK(stepwise.graph.layers[1].dropout == 0.5);
    CHECK(stepwise.graph.layers[1].dropout_each_step);
    // Between recurrent layers the trainer has it too; elsewhere, and beside other dropout, what is left out is named.
    const auto sequences = [&](Json more = Json::object()) {
        more["return_sequences"] = true;
        return recurrent("GRU", 4, more);
    };
    const auto stacked =
        new_model(sequential({embedding(9, 4), sequences(), drop("Dropout", 0.25), recurrent("LSTM", 4), dense(1)}), 1);
    const auto fixed = [](const Import& made) {
        return quantize(made.graph, {.matrices = schema::Format::fixed}, nullptr).graph.layers;
    };
    CHECK(fixed(stacked)[2].dropout == 0.25);
    CHECK(fixed(stacked)[2].dropout_each_step);
    CHECK(fixed(stacked)[2].left_out.empty());
    CHECK(fixed(stepwise)[1].dropout == 0);
    CHECK(fixed(stepwise)[1].left_out.find("Dropout layer before it") != std::string::npos);
    const auto beside = new_model(
        sequential({embedding(9, 4), sequences(), drop("Dropout", 0.25), recurrent("LSTM", 4, rates), dense(1)}), 1);
    CHECK(fixed(beside)[2].dropout == 0.3);
    CHECK(!fixed(beside)[2].dropout_each_step);
    CHECK(fixed(beside)[2].left_out.find("beside a dropout of its own") != std::string::npos);
    const auto noisy =
        new_model(sequential({embedding(9, 4), drop("GaussianDropout", 0.5), recurrent("LSTM", 4), dense(1)}), 1);
    CHECK(fixed(noisy)[1].left_out == "GaussianDropout 'drop'");
}

TEST_CASE("architectures that say too little or too much are refused") {
    const auto says = [](const std::string& message, const std::string& what) {
        CAPTURE(message);
        CHECK(message.find(what) != std::string::npos);
    };
    says(refusal_of({features(3), recurrent("GRU", 4, {{"kernel_initializer", "my_own"}}), dense(1)}),
         "layer 'cell' (GRU): has the initializer 'my_own', which Runnel does not know; use one of zeros, ones, ");
    const std::string word(4 << 20, 'w'), shown = std::string(80, 'w') + "...'";
    says(refusal_of({features(3), recurrent("GRU", 4, {{"kernel_initializer", word}}), dense(1)}), "'" + shown);
    says(refusal_of({features(3), recurrent("GRU", 4, {{"activation", word}}), dense(1)}),
         "its activation '" + shown + " is not one of Keras' own; train with one of linear, tanh, sigmoid, ");
    says(refusal_of({features(3), recurrent("GRU", 4, {{"name", word}, {"dropout", 2}}), dense(1)}),
         "layer '" + shown + " (GRU): ");
    says(refusal_of({features(3), layer(word.c_str(), {{"name", "x"}}), dense(1)}),
         "layer 'x' (" + std::string(80, 'w') + "...): ");
    for (const auto& long_text :
         {recurrent("GRU", 4, {{"kernel_initializer", word}}), recurrent("GRU", 4, {{"activation", word}}),
          recurrent("GRU", 4, {{"activation", Json::array({1, word})}}), layer(word.c_str(), {{"name", word}})})
        CHECK(refusal_of({features(3), long_text, dense(1)}).size() < 1000);
    says(refusal_of({features(3), recurrent("GRU", 4, {{"dropout", 1.5}}), dense(1)}), "'dropout' is not from 0 to 1");
    says(refusal_of({features(3), recurrent("GRU", 1'000'000), dense(1)}), "268435456 are the most");
    says(refusal_of({recurrent("GRU", 4), dense(1)}), "does not say how many features");
    says(refusal_of({features(3), layer("CuDNNGRU", {{"name", "cudnn"}, {"units", 4}}), dense(1)}), "use that");
    says(refusal_of({features(3), layer("Conv1D", {{"name", "conv"}}), dense(1)}), "layer 'conv' (Conv1D)");
    const Json huge = {{"class_name", "Constant"}, {"config", {{"value", 1e300}}}};
    says(refusal_of({features(3), recurrent("GRU", 4, {{"kernel_initializer", huge}}), dense(1)}), "not finite");
    for (const char* matrix : {"orthogonal", "identity"})
        says(refusal_of({features(3), recurrent("LSTM", 4, {{"bias_initializer", matrix}}), dense(1)}),
             "layer 'cell' (LSTM): the initializer " + std::string(matrix) + " makes matrices, and a bias is none");
    for (const char* text : {"", "no JSON", "[1, 2]", "{}", "{\"class_name\": \"Sequential\"}"})
        CHECK_THROWS_AS(static_cast<void>(new_model(bytes_of(text), 1)), Error);
}
