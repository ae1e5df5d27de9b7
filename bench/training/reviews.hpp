/// IMDB reviews as tokens: of the shared folder, or longer ones made by long_reviews.py.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "npy.hpp"
#include "runnel/trainer.hpp"

namespace runnel::bench {

struct Reviews {
    std::vector<uint16_t> tokens;
    std::vector<int32_t> labels;  ///< 16 fraction bits
    uint32_t steps;

    /// part: train, val or test; arrays: "vocab500_len100". Tokens beyond the vocabulary become 2, "unknown", as with
    /// Keras' num_words.
    Reviews(const std::string& folder, const std::string& part, const std::string& arrays, uint32_t vocabulary) {
        tokens = read_npy<uint16_t>(folder + "/" + part + "_tokens_" + arrays + ".npy", "<u2");
        for (uint16_t& t : tokens)
            if (t >= vocabulary) t = 2;
        for (uint8_t l : read_npy<uint8_t>(folder + "/" + part + "_labels.npy", "|u1")) labels.push_back(l * 65536);
        steps = uint32_t(tokens.size() / labels.size());
    }
    uint32_t count() const { return uint32_t(labels.size()); }
    training::Batch batch(const uint32_t* order, uint32_t count) const {
        return {.tokens = tokens.data(), .targets = labels.data(), .order = order, .count = count, .steps = steps};
    }
};

}  // namespace runnel::bench
