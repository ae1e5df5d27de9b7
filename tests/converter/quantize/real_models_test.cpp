// Models that others trained (../shared/data), quantized.
#include <string>

#include "common/npy.hpp"
#include "common/sequences.hpp"
#include "formats/file.hpp"
#include "quantize/calibrate.hpp"
#include "quantize/correct_heads.hpp"
#include "readers/readers.hpp"
#include "running.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Format;

namespace {

struct Review {
    const char* file;  ///< below keras/
    int vocabulary;
    int right;  ///< of the 25,000 test reviews, in float64
    /// Roundings grow in the three SimpleRNN, whose state feeds back with a gain above 1: halves alone move the first
    /// by 0.07 points.
    double points_int8x16;
};

constexpr Review reviews[] = {
    {"tutorial_h5/best-simplernn-model.h5", 500, 18343, 0.15},
    {"tutorial_h5/best-embedding-model.h5", 500, 16766, 0.15},
    {"tutorial_h5/best-lstm-model.h5", 500, 20072, 0.05},
    {"tutorial_h5/best-dropout-model.h5", 500, 20048, 0.05},
    {"tutorial_h5/best-2rnn-model.h5", 500, 19996, 0.05},
    {"tutorial_h5/best-gru-model.h5", 500, 19985, 0.05},
    {"tutorial_keras3/best-gru-model.keras", 500, 20408, 0.05},
    {"tutorial_keras3/best-2lstm-model.keras", 500, 20446, 0.05},
    {"tutorial_keras3/best-simplernn-model.keras", 200, 18018, 0.15},
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
        std::span<const float> answer;
        for (std::size_t t = 0; t < steps; ++t) answer = model.step(tokens[n * steps + t]);
        right += (answer[0] > 0.5f) == (labels.array().value(n) == 1);
    }
    return right;
}

Graph graph_of(const std::string& path) { return read_model(read_file(path)).graph; }

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
        const npy::File validation(data + "/imdb/val" + suffix);
        const Calibration calibration = calibrate(graph, validation);
        for (const Format format : {Format::int8, Format::int8x16}) {
            CAPTURE(int(format));
            StoredGraph stored = test::quantized(graph, format, &calibration);
            correct_heads(graph, stored, validation);
            test::Running model(stored, nullptr);
            const double points = 100.0 * (right_answers(model, tokens, labels) - review.right) / 25'000;
            MESSAGE(std::string(review.file), " ", std::string(format_name(format)), " ", points, " points");
            CHECK(std::fabs(points) <= (format == Format::int8 ? 0.30 : review.points_int8x16) + 1e-9);
        }
    }
}

TEST_CASE("models of other projects, with and without calibration") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const struct {
        const char* file;
        double int8, int8x16, fixed, fixed8;  ///< dB
    } models[] = {{"turbofan/regression_model.h5", 40, 55, 58, 46},
                  {"pos_tagger/gru_model.h5", 45, 55, 66, 48},
                  {"precise/hey-mycroft.net", 8, 10, 22, 12}};
    for (const auto& m : models)
        for (const Format format : {Format::int8, Format::int8x16, Format::fixed, Format::fixed8})
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
                MESSAGE(std::string(m.file), " ", std::string(format_name(format)), " ", noise.snr(), " dB");
                CHECK(noise.snr() >= (format == Format::int8      ? m.int8
                                      : format == Format::int8x16 ? m.int8x16
                                      : format == Format::fixed   ? m.fixed
                                                                  : m.fixed8));
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
            test::Noise first, last;  // over the same words
            constexpr std::size_t period = 9'000;
            for (std::size_t t = 0; t < 1'000'000; ++t) {
                const std::uint32_t token = tokens[t % period];
                const auto expected = exact.step(token), answer = running.step(token);
                if (t < 1'000) first.add(expected, answer);
                if (t >= 999'000) last.add(expected, answer);
            }
            MESSAGE(std::string(file), " rms of the difference ", first.rms(), " in the first 1,000 steps, ",
                    last.rms(), " in the last");
            CHECK(last.rms() <= 1.1 * first.rms());
        }
}
