/// Text to token ids, as Keras' Tokenizer with its default arguments does it:
/// lower case; the characters !"#$%&()*+,-./:;<=>?@[\]^_`{|}~, tab and line feed become spaces; split at spaces.
/// Where all words of the vocabulary are single characters, names such as <pad> and those of the start and the unknown
/// token aside: as with char_level, each character is a word, the space too, which the vocabulary has as " " in
/// quotation marks; lower case where it does not have the character itself.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runnel/runnel.hpp"
#include "runnel/trainer.hpp"

namespace runnel {

/// The words of a UTF-8 text, without the byte order mark before it. Lower case beyond ASCII needs the locale C.UTF-8,
/// which every Debian has.
std::vector<std::string> split_words(std::string_view text);

struct Token {
    std::string word;   ///< as the tokenizer sees it; "<start>" for the start token
    std::uint32_t id;
    bool known;         ///< false: the vocabulary lacks the word and `id` is the unknown token
};

class Tokenizer {
public:
    /// `words`: those that a patch adds to the model's vocabulary.
    explicit Tokenizer(const Model& model, const training::Words& words = {});

    bool by_character() const { return by_character_; }
    /// What a text consists of: "word", "character".
    const char* piece() const { return by_character_ ? "character" : "word"; }

    /// The start token if the model has one, then the words. Unknown words are left out if the model has no token
    /// for them, as Keras does.
    std::vector<Token> tokens(std::string_view text) const;

    /// Gives the text's unknown words tokens of their own: those behind the vocabulary. Returns the first word for
    /// which none is left; empty: there were enough.
    std::string learn(std::string_view text);
    /// The words that the model lacks, as a patch carries them; valid until the next is added.
    training::Words new_words() const;
    /// Whether the token's word is one of those.
    bool is_new(std::uint32_t token) const { return token >= model_words_; }

private:
    bool add(const std::string& word);
    std::vector<std::string> split(std::string_view text) const;

    std::unordered_map<std::string, std::uint32_t> ids_;
    std::string new_words_;  ///< each with its zero
    std::uint32_t model_words_, next_token_, end_token_;
    std::int32_t start_token_, unknown_token_;
    bool by_character_;
};

}  // namespace runnel
