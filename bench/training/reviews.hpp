/// IMDB reviews as tokens: of the shared folder, or longer ones made by long_reviews.py.
#pragma once
#include <cstdint>
#include <string>

#include "common/npy.hpp"
#include "examples.hpp"

namespace runnel::bench {

/// part: train, val or test; arrays: "vocab500_len100". Tokens beyond the vocabulary become 2, "unknown", as with
/// Keras' num_words.
inline Examples read_reviews(const std::string& folder, const std::string& part, const std::string& arrays,
                             uint32_t vocabulary) {
    Examples reviews;
    reviews.tokens = read_npy<uint16_t>(folder + "/" + part + "_tokens_" + arrays + ".npy", "<u2");
    for (uint16_t& t : reviews.tokens)
        if (t >= vocabulary) t = 2;
    for (uint8_t l : read_npy<uint8_t>(folder + "/" + part + "_labels.npy", "|u1"))
        reviews.targets.push_back(l * 65536);
    reviews.count = uint32_t(reviews.targets.size());
    reviews.steps = uint32_t(reviews.tokens.size() / reviews.count);
    return reviews;
}

}  // namespace runnel::bench
