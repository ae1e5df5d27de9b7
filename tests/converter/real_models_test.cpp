// Models that others trained (../shared/data): converted, and compared with an independent float64 reference.
#include <algorithm>
#include <cmath>

#include "common/npy.hpp"
#include "converted.hpp"
#include "error_message.hpp"
#include "support/shared_data.hpp"
#include "support/worst.hpp"

using namespace runnel;

namespace {

/// Largest difference, absolute up to 1 and relative beyond, over all sequences of an input file.
double largest_error(test::Converted& model, const std::string& input, const std::string& expected) {
    const npy::File x(input), y(expected);
    const auto& shape = x.array().shape();
    const std::size_t features = shape.size() > 2 ? shape[2] : 1, outputs = model.info().outputs;
    const bool sequence = model.info().returns_sequence;
    REQUIRE(y.array().size() == shape[0] * outputs * (sequence ? shape[1] : 1));
    std::vector<float> step(features);
    std::size_t at = 0, answer = 0;
    double worst = 0;
    for (std::size_t n = 0; n < shape[0]; ++n) {
        model.session().reset();
        for (std::size_t t = 0; t < shape[1]; ++t) {
            for (float& feature : step) feature = static_cast<float>(x.array().value(at++));
            const Status status = shape.size() > 2
                                      ? model.session().step(step.data(), step.size())
                                      : model.session().step(static_cast<std::uint32_t>(step[0]));
            REQUIRE(status == Status::ok);
            if (!sequence && t + 1 < shape[1]) continue;
            for (const float value : model.session().output()) {
                const double reference = y.array().value(answer++);
                worst = test::worse(worst, std::abs(value - reference) / std::max(1.0, std::abs(reference)));
            }
        }
    }
    return worst;
}

struct Review {
    const char* file;      ///< below keras/
    int vocabulary;
    std::uint64_t parameters;
    int right;             ///< of the 25,000 test reviews, by the reference
    double tolerance;
};

constexpr Review reviews[] = {
    // Its recurrent matrix has spectral radius 1.06, so that roundings grow over the 100 steps: float32 with an exact
    // tanh also comes to 1.0e-5 (one fused sum a unit) or 2.7e-5 (NumPy).
    {"tutorial_h5/best-simplernn-model.h5", 500, 4081, 18343, 1e-4},
    {"tutorial_h5/best-embedding-model.h5", 500, 8209, 16766, 1e-5},
    {"tutorial_h5/best-lstm-model.h5", 500, 8809, 20072, 1e-5},
    {"tutorial_h5/best-dropout-model.h5", 500, 8809, 20048, 1e-5},
    {"tutorial_h5/best-2rnn-model.h5", 500, 9353, 19996, 1e-5},
    {"tutorial_h5/best-gru-model.h5", 500, 8633, 19985, 1e-5},
    {"tutorial_keras3/best-gru-model.keras", 500, 8633, 20408, 1e-5},
    {"tutorial_keras3/best-2lstm-model.keras", 500, 9353, 20446, 1e-5},
    {"tutorial_keras3/best-simplernn-model.keras", 200, 1681, 18018, 1e-5},
};

}  // namespace

TEST_CASE("the tutorials' models on all validation and test reviews") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    for (const Review& review : reviews) {
        CAPTURE(review.file);
        const std::string path = data + "/keras/" + review.file;
        test::Converted model(path);
        CHECK(model.info().parameters == review.parameters);
        for (const char* split : {"val", "test"}) {
            CAPTURE(split);
            const std::string name =
                std::string(split) + "_tokens_vocab" + std::to_string(review.vocabulary) + "_len100.npy";
            const npy::File x(data + "/imdb/" + name), labels(data + "/imdb/" + split + "_labels.npy");
            const npy::File y(path + "." + split + "_expected.npy");
            std::vector<std::uint32_t> tokens(100);
            double worst = 0;
            int right = 0;
            for (std::size_t n = 0; n < labels.array().size(); ++n) {
                for (std::size_t t = 0; t < tokens.size(); ++t)
                    tokens[t] = static_cast<std::uint32_t>(x.array().value(n * tokens.size() + t));
                const float answer = model.answer(std::span<const std::uint32_t>(tokens))[0];
                worst = test::worse(worst, std::abs(answer - y.array().value(n)));
                right += (answer > 0.5f) == (labels.array().value(n) == 1);
            }
            CHECK(worst <= review.tolerance);
            if (split == std::string("test")) CHECK(right == review.right);
        }
    }
}

TEST_CASE("models of other projects") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    for (const char* file : {"pos_tagger/gru_model.h5", "precise/hey-mycroft.net", "turbofan/regression_model.h5"}) {
        CAPTURE(file);
        const std::string path = data + "/keras/" + file;
        test::Converted model(path);
        CHECK(largest_error(model, path + ".x.npy", path + ".y_float64.npy") <= 1e-5);
    }
}

TEST_CASE("a model whose input is cut into steps takes them in their order") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const std::string path = data + "/keras/emg/Saved_models_150ms_model.keras";
    test::Converted model(path);
    const npy::File x(path + ".x.npy"), y(path + ".y_float64.npy");
    const std::size_t width = model.info().inputs, outputs = model.info().outputs;
    REQUIRE(y.array().size() == 8 * outputs);
    std::vector<float> features(width);
    double worst = 0;
    for (std::size_t n = 0, at = 0; n < 8; ++n) {
        model.session().reset();
        for (std::size_t t = 0; t < 3; ++t) {
            for (float& feature : features) feature = static_cast<float>(x.array().value(at++));
            REQUIRE(model.session().step(features.data(), width) == Status::ok);
        }
        for (std::size_t i = 0; i < outputs; ++i)
            worst = test::worse(worst, std::abs(model.session().output()[i] - y.array().value(n * outputs + i)));
    }
    CHECK(worst <= 1e-5);
}

TEST_CASE("what a stream of steps cannot express is refused by name") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    auto refusal = [&](const char* file) {
        return test::error_message([&] { converter::read_model(converter::read_file(data + "/keras/" + file)); });
    };
    CHECK(refusal("medaka/test_model.hdf5")
              .starts_with("layer 'bidirectional_1' (Bidirectional, at model_weights/bidirectional_1): reads the "
                           "sequence from both ends"));
}

TEST_CASE("the noise suppressor: branches, and two outputs") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const std::string path = data + "/keras/rnnoise/weights.hdf5";
    test::Converted model(path);
    CHECK(model.info().parameters == 88007);
    REQUIRE(model.info().output_ports == 2);
    const npy::File x(path + ".x.npy"), gains(path + ".denoise_output.npy"), voice(path + ".vad_output.npy");
    const auto& shape = x.array().shape();
    std::vector<float> frame(shape[2]);
    double worst = 0;
    for (std::size_t n = 0; n < shape[0]; ++n) {
        model.session().reset();
        for (std::size_t t = 0; t < shape[1]; ++t) {
            const std::size_t at = n * shape[1] + t;
            for (std::size_t k = 0; k < frame.size(); ++k)
                frame[k] = static_cast<float>(x.array().value(at * frame.size() + k));
            REQUIRE(model.session().step(frame.data(), frame.size()) == Status::ok);
            const auto answer = model.session().output();
            REQUIRE(answer.size() == 23);
            for (std::size_t k = 0; k < 22; ++k)
                worst = test::worse(worst, std::abs(answer[k] - gains.array().value(at * 22 + k)));
            worst = test::worse(worst, std::abs(answer[22] - voice.array().value(at)));
        }
    }
    CHECK(worst < 1e-5);
}
