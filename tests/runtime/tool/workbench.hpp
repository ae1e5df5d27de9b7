/// What tests of runnel tune work on.
#pragma once
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/shared_data.hpp"

namespace runnel::test {

/// The shipped model, with fixed weights and spare tokens, or another golden one; and data for it.
class Workbench : public Folder {
public:
    const std::string model = file("model.rnl"), patch = file("patch"), x = file("x.npy"), y = file("y.npy");

    Workbench() {
        converted(golden("imdb_gru/imdb_gru.h5"), model,
                  {"--quantize", "fixed", "--vocabulary", golden("imdb_gru/vocabulary.txt"), "--start-token", "1",
                   "--unknown-token", "2", "--spare-tokens", "4"});
        // 64 sequences of 12 tokens; what is right: whether the first token is odd.
        std::vector<std::uint16_t> tokens;
        std::vector<std::uint8_t> labels;
        std::uint32_t random = 1;
        for (int i = 0; i < 64 * 12; ++i) {
            random = random * 1664525 + 1013904223;
            tokens.push_back(static_cast<std::uint16_t>(3 + (random >> 8) % 497));
            if (i % 12 == 0) labels.push_back(tokens.back() % 2);
        }
        write_npy(x, "<u2", "(64, 12)", tokens);
        write_npy(y, "|u1", "(64,)", labels);
    }

    Result tune(const std::vector<std::string>& options) const {
        std::vector<std::string> words{"tune", model, "--patch", patch};
        words.insert(words.end(), options.begin(), options.end());
        return run(words);
    }
    Result tune_data(const std::vector<std::string>& options) const {
        std::vector<std::string> words{"--inputs", x, "--targets", y};
        words.insert(words.end(), options.begin(), options.end());
        return tune(words);
    }

    double answer(const std::string& text, bool patched) const {
        std::vector<std::string> words{"run", model, "--json", "--text", text};
        if (patched) words.insert(words.end(), {"--patch", patch});
        const Result result = run(words);
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        return nlohmann::json::parse(result.out)["answer"][0];
    }
    nlohmann::json info() const {
        const Result result = run({"info", model, "--patch", patch, "--json"});
        REQUIRE_MESSAGE(result.exit_code == 0, result.err);
        return nlohmann::json::parse(result.out)["patch"];
    }
};

}  // namespace runnel::test
