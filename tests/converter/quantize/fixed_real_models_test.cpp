// Models that others trained (../shared/data), without any float.
#include "common/npy.hpp"
#include "formats/file.hpp"
#include "readers/readers.hpp"
#include "running.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Format;

TEST_CASE("the tutorials' models on 5,000 test reviews: as accurate as in floats") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    struct Reviewed {
        const char* file;
        int vocabulary;
        bool one_hot;
    };
    constexpr Reviewed models[] = {{"tutorial_h5/best-simplernn-model.h5", 500, true},
                                   {"tutorial_h5/best-embedding-model.h5", 500, false},
                                   {"tutorial_h5/best-lstm-model.h5", 500, false},
                                   {"tutorial_h5/best-dropout-model.h5", 500, false},
                                   {"tutorial_h5/best-2rnn-model.h5", 500, false},
                                   {"tutorial_h5/best-gru-model.h5", 500, false},
                                   {"tutorial_keras3/best-gru-model.keras", 500, false},
                                   {"tutorial_keras3/best-2lstm-model.keras", 500, false},
                                   {"tutorial_keras3/best-simplernn-model.keras", 200, true}};
    constexpr std::size_t reviews = 5'000, words = 100;
    const npy::File labels(data + "/imdb/test_labels.npy");
    for (const Reviewed& model : models) {
        CAPTURE(model.file);
        const npy::File x(data + "/imdb/test_tokens_vocab" + std::to_string(model.vocabulary) + "_len100.npy");
        const Graph graph = read_model(read_file(data + "/keras/" + model.file)).graph;
        const auto points = [&](const StoredGraph& stored) {
            test::Running running(stored, nullptr);
            int right = 0;
            for (std::size_t n = 0; n < reviews; ++n) {
                running.session().reset();
                for (std::size_t t = 0; t + 1 < words; ++t)
                    static_cast<void>(running.session().step(std::uint32_t(x.array().value(n * words + t))));
                const auto answer = running.step(std::uint32_t(x.array().value(n * words + words - 1)));
                right += (answer[0] > 0.5f) == (labels.array().value(n) == 1);
            }
            CHECK(running.session().saturations() == 0);
            return 100.0 * right / reviews;
        };
        const double exact = points(in_float(graph));
        const auto fixed = [&](Format f) {
            return points(quantize(graph, {.matrices = f, .one_hot = model.one_hot}, nullptr));
        };
        CHECK(std::fabs(fixed(Format::fixed) - exact) <= 0.2);
        CHECK(std::fabs(fixed(Format::fixed8) - exact) <= 0.5);
    }
}
