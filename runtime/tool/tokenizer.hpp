/// Text to token ids, as Keras' Tokenizer with its default arguments does it:
/// lower case; the characters !"#$%&()*+,-./:;<=>?@[\]^_`{|}~, tab and line feed become spaces; split at spaces.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runnel/runnel.hpp"

namespace runnel {

/// The words of a UTF-8 text. Lower case beyond ASCII needs the locale C.UTF-8, which every Debian has.
std::vector<std::string> split_words(std::string_view text);

struct Token {
    std::string word;   ///< as the tokenizer sees it; "<start>" for the start token
    std::uint32_t id;
    bool known;         ///< false: the vocabulary lacks the word and `id` is the unknown token
};

class Tokenizer {
public:
    /// The model must outlive this.
    explicit Tokenizer(const Model& model);

    /// The start token if the model has one, then the words. Unknown words are left out if the model has no token
    /// for them, as Keras does.
    std::vector<Token> tokens(std::string_view text) const;

private:
    std::unordered_map<std::string_view, std::uint32_t> ids_;
    std::int32_t start_token_, unknown_token_;
};

}  // namespace runnel
