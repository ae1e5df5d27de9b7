#include "report/summary.hpp"

#include <doctest/doctest.h>

#include "quantize/quantize.hpp"
#include "readers/readers.hpp"
#include "support/shared_data.hpp"

using namespace runnel;

TEST_CASE("the shipped model's summary is that of Keras") {
    const auto model = converter::read_model(converter::read_file(test::golden("imdb_gru/imdb_gru.h5")));
    const std::string text = converter::summary(model, "gru.rnl", 35456, 34720);
    CHECK(text.find("embedding (Embedding)     (None, None, 16)      8,000\n") != std::string::npos);
    CHECK(text.find("gru (GRU)                 (None, 8)             624\n") != std::string::npos);
    CHECK(text.find("dense (Dense)             (None, 1)             9\n") != std::string::npos);
    CHECK(text.find("Total params: 8,633 (33.72 KB)\n") != std::string::npos);
    CHECK(text.ends_with("gru.rnl: 35,456 bytes, of which packed weights 34,720\n"));
}

TEST_CASE("names from the source cannot command the terminal, nor fill it") {
    auto model = converter::read_model(converter::read_file(test::golden("imdb_gru/imdb_gru.h5")));
    model.name = "\x1b[2J";
    model.framework = "keras \x1b";
    model.summary[0].name = "\x1b[2Jembedding";
    model.summary[1].class_name = std::string(1 << 20, 'G');
    const std::string text = converter::summary(model, "gru.rnl", 35456, 34720);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("Model: \"?[2J\"") == 0);
    CHECK(text.find("?[2Jembedding (Embedding)") != std::string::npos);
    CHECK(text.size() < 3000);
    model.graph.layers[0].name = "\x1b[2Jembedding";
    const std::string numbers =
        converter::numbers_text(converter::quantize(model.graph, {.matrices = schema::Format::int8}, nullptr));
    CHECK(numbers.find('\x1b') == std::string::npos);
    CHECK(numbers.find("  ?[2Jembedding: ") != std::string::npos);
}

TEST_CASE("layers that only act in training are listed, the input only where it is wired") {
    const auto dropouts = converter::read_model(converter::read_file(test::golden("keras/training_only_layers.h5")));
    CHECK(dropouts.summary.size() == 10);
    CHECK(dropouts.graph.layers.size() == 3);
    const auto functional = converter::read_model(converter::read_file(test::golden("keras/functional.h5")));
    CHECK(functional.summary.front().class_name == "InputLayer");
}

TEST_CASE("ranges that nothing speaks for are named, and how to set them") {
    const auto text = [](const char* file) {
        const auto graph = converter::read_model(converter::read_file(test::golden(file))).graph;
        return converter::numbers_text(converter::quantize(graph, {.matrices = schema::Format::fixed}, nullptr));
    };
    const std::string relu = text("keras/simple_rnn_relu.h5");
    CHECK(relu.find("Assumed, for lack of data: input of simplernn (±16), state of simplernn (±16)") != relu.npos);
    CHECK(relu.find("--calibrate") != relu.npos);
    CHECK(text("imdb_gru/imdb_gru.h5").find("ssumed") == std::string::npos);
}
