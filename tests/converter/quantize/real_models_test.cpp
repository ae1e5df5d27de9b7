// Models that others trained (../shared/data), quantized.
#include <string>

#include "formats/file.hpp"
#include "npy.hpp"
#include "quantize/calibrate.hpp"
#include "readers/keras.hpp"
#include "running.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Format;

namespace {

struct Review {
    const char* file;  ///< below keras/
    int vocabulary;
    int right;         ///< of the 25,000 test reviews, in float64
    /// Rounding to int8 weights alone moves these further than 0.05 points: their weights are few, and their answers
    /// lie close to 0.5.
    double points_int8x16;
};

constexpr Review reviews[] = {
    {"tutorial_h5/best-simplernn-model.h5", 500, 18343, 0.15}, {"tutorial_h5/best-embedding-model.h5", 500, 16766, 0.15},
    {"tutorial_h5/best-lstm-model.h5", 500, 20072, 0.05},      {"tutorial_h5/best-dropout-model.h5", 500, 20048, 0.05},
    {"tutorial_h5/best-2rnn-model.h5", 500, 19996, 0.05},      {"tutorial_h5/best-gru-model.h5", 500, 19985, 0.05},
    {"tutorial_keras3/best-gru-model.keras", 500, 20408, 0.05}, {"tutorial_keras3/best-2lstm-model.keras", 500, 20446, 0.05},
    {"tutorial_keras3/best-simplernn-model.keras", 200, 18018, 0.05},
};

std::vector<std::uint32_t> tokens_of(const npy::File& file) {
    std::vector<std::uint32_t> tokens(file.array().size());
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::uint32_t>(file.array().value(i));
    return tokens;
}

int right_answers(test::Running& model, const std::vector<std::uint32_t>& tokens, const npy::File& labels) {
    const std::size_t count = labels.array().size(), steps = tokens.size() / count;
    int right = 0;
    for (std::size_t n = 0; n < count; ++n) {
        model.session().reset();
        for (std::size_t t = 0; t < steps; ++t) REQUIRE(model.session().step(tokens[n * steps + t]) == Status::ok);
        right += (model.session().output()[0] > 0.5f) == (labels.array().value(n) == 1);
    }
    return right;
}

Graph graph_of(const std::string& path) { return keras::read_model(read_file(path)).graph; }

}  // namespace

TEST_CASE("the tutorials' models on all 25,000 test reviews, calibrated on the validation reviews") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const npy::File labels(data + "/imdb/test_labels.npy");
    for (const Review& review : reviews) {
        CAPTURE(review.file);
        const std::string suffix = "_tokens_vocab" + std::to_string(review.vocabulary) + "_len100.npy";
        const auto tokens = tokens_of(npy::File(data + "/imdb/test" + suffix));
        const Graph graph = graph_of(data + "/keras/" + review.file);
        const Calibration calibration = calibrate(graph, npy::File(data + "/imdb/val" + suffix));
        for (const Format format : {Format::int8, Format::int8x16}) {
            CAPTURE(int(format));
            test::Running model(test::quantized(graph, format, &calibration), nullptr);
            const double points = 100.0 * (right_answers(model, tokens, labels) - review.right) / 25'000;
            MESSAGE(review.file, format == Format::int8 ? " int8 " : " int8x16 ", points, " points");
            CHECK(std::fabs(points) <= (format == Format::int8 ? 0.30 : review.points_int8x16) + 1e-9);
        }
    }
}

TEST_CASE("models of other projects, with and without calibration") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const struct {
        const char* file;
        double int8, int8x16;  ///< dB
    } models[] = {{"turbofan/regression_model.h5", 40, 55}, {"pos_tagger/gru_model.h5", 45, 55}, {"precise/hey-mycroft.net", 8, 10}};
    for (const auto& m : models)
        for (const Format format : {Format::int8, Format::int8x16})
            for (const bool calibrated : {false, true}) {
                CAPTURE(m.file);
                CAPTURE(int(format));
                CAPTURE(calibrated);
                const std::string path = data + "/keras/" + m.file;
                const npy::File x(path + ".x.npy"), y(path + ".y_float64.npy");
                const Graph graph = graph_of(path);
                std::optional<Calibration> calibration;
                if (calibrated) calibration = calibrate(graph, x);
                test::Running model(test::quantized(graph, format, calibrated ? &*calibration : nullptr), nullptr);
                Sequences sequences(x.array(), x.path(), model.model().info());
                const std::size_t width = model.model().info().outputs;
                test::Noise noise;
                for (std::size_t n = 0, at = 0; n < sequences.count(); ++n) {
                    model.session().reset();
                    for (std::size_t t = 0; t < sequences.steps(); ++t) {
                        sequences.step(model.session(), n, t);
                        if (!graph.returns_sequence && t + 1 < sequences.steps()) continue;
                        std::vector<double> expected(width);
                        for (double& value : expected) value = y.array().value(at++);
                        noise.add(expected, model.session().output());
                    }
                }
                MESSAGE(m.file, format == Format::int8 ? " int8 " : " int8x16 ", noise.snr(), " dB");
                CHECK(noise.snr() >= (format == Format::int8 ? m.int8 : m.int8x16));
            }
}

TEST_CASE("a million steps of reviews without a reset") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const auto tokens = tokens_of(npy::File(data + "/imdb/test_tokens_vocab500_len100.npy"));
    for (const char* file : {"best-gru-model.h5", "best-lstm-model.h5"})
        for (const Format format : {Format::int8, Format::int8x16}) {
            CAPTURE(file);
            CAPTURE(int(format));
            const Graph graph = graph_of(data + "/keras/tutorial_h5/" + file);
            test::Running exact(in_float(graph), nullptr), running(test::quantized(graph, format), nullptr);
            test::Noise first, last;
            for (std::size_t t = 0; t < 1'000'000; ++t) {
                const auto expected = exact.step(tokens[t]), answer = running.step(tokens[t]);
                if (t < 1'000) first.add(expected, answer);
                if (t >= 999'000) last.add(expected, answer);
            }
            MESSAGE(file, " rms of the difference ", first.rms(), " in the first 1,000 steps, ", last.rms(), " in the last");
            CHECK(last.rms() <= first.rms());
        }
}
