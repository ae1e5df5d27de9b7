#include "tokenizer.hpp"

#include <climits>
#include <cwchar>
#include <cwctype>
#include <locale.h>

#include "common/text.hpp"
#include "patch_text.hpp"

namespace runnel {
namespace {

constexpr std::string_view filtered = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// The locale C.UTF-8 for the calling thread while this lives; without it, only ASCII is known.
class Utf8Scope {
public:
    Utf8Scope() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (utf8_) previous_ = ::uselocale(utf8_);
    }
    Utf8Scope(const Utf8Scope&) = delete;
    Utf8Scope& operator=(const Utf8Scope&) = delete;
    ~Utf8Scope() {
        if (!utf8_) return;
        ::uselocale(previous_);
        ::freelocale(utf8_);
    }

private:
    ::locale_t utf8_, previous_ = nullptr;
};

/// Calls f(bytes, character) for each character; for a byte that is none, `character` is WEOF. In a Utf8Scope.
template <class F> void for_each_character(std::string_view text, F f) {
    std::mbstate_t reading{};
    while (!text.empty()) {
        wchar_t character;
        std::size_t length = std::mbrtowc(&character, text.data(), text.size(), &reading);
        const bool none = length == 0 || length > text.size();
        if (none) {
            length = 1;
            reading = {};
        }
        f(text.substr(0, length), none ? WEOF : static_cast<std::wint_t>(character));
        text.remove_prefix(length);
    }
}

/// Bytes that are no character stay as they are.
std::string lower(std::string_view text) {
    const Utf8Scope scope;
    std::string result;
    std::mbstate_t writing{};
    for_each_character(text, [&](std::string_view bytes, std::wint_t character) {
        if (character == WEOF) {
            result += bytes;
        } else {
            char written[MB_LEN_MAX];
            result.append(written, std::wcrtomb(written, static_cast<wchar_t>(std::towlower(character)), &writing));
        }
    });
    return result;
}

std::vector<std::string> split_characters(std::string_view text) {
    const Utf8Scope scope;
    std::vector<std::string> characters;
    for_each_character(text, [&](std::string_view bytes, std::wint_t) { characters.emplace_back(bytes); });
    return characters;
}

/// The name of a token that no text has: "", "<pad>", "[UNK]".
bool is_name(std::string_view word) {
    return word.empty() || (word.size() > 2 && ((word.front() == '<' && word.back() == '>') ||
                                                (word.front() == '[' && word.back() == ']')));
}

/// A vocabulary's word; the file has the space in quotation marks.
std::string word_of(const Model& model, std::uint32_t id) {
    const std::string_view word = model.word(id);
    return word == "\" \"" ? " " : std::string(word);
}

/// Whether all words that texts can have are single characters.
bool has_characters_alone(const Model& model) {
    const ModelInfo info = model.info();
    bool some = false;
    for (std::uint32_t id = 0; id < info.words; ++id) {
        const std::string word = word_of(model, id);
        const auto number = static_cast<std::int32_t>(id);
        if (number == info.start_token || number == info.unknown_token || is_name(word)) continue;
        if (split_characters(word).size() != 1) return false;
        some = true;
    }
    return some;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end_word = [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
    };
    for (const char c : lower(without_byte_order_mark(text)))
        if (c == ' ' || filtered.find(c) != filtered.npos) end_word();
        else word += c;
    end_word();
    return words;
}

Tokenizer::Tokenizer(const Model& model, const training::Words& words) {
    const ModelInfo info = model.info();
    start_token_ = info.start_token;
    unknown_token_ = info.unknown_token;
    by_character_ = has_characters_alone(model);
    for (std::uint32_t id = 0; id < info.words; ++id) ids_.emplace(word_of(model, id), id);
    model_words_ = next_token_ = info.words;
    end_token_ = info.inputs;
    if (words.first_token != model_words_) return;  // not of this model
    for (const std::string& word : word_list(words)) add(word);
}

bool Tokenizer::add(const std::string& word) {
    if (next_token_ >= end_token_) return false;
    ids_.emplace(word, next_token_++);
    new_words_.append(word.c_str(), word.size() + 1);
    return true;
}

std::vector<std::string> Tokenizer::split(std::string_view text) const {
    if (!by_character_) return split_words(text);
    std::vector<std::string> characters = split_characters(without_byte_order_mark(text));
    for (std::string& character : characters)
        if (!ids_.contains(character)) character = lower(character);
    return characters;
}

std::string Tokenizer::learn(std::string_view text) {
    for (const std::string& word : split(text))
        if (!ids_.contains(word) && !add(word)) return word;
    return {};
}

training::Words Tokenizer::new_words() const {
    return {model_words_, static_cast<std::uint32_t>(new_words_.size()), new_words_.data()};
}

std::vector<Token> Tokenizer::tokens(std::string_view text) const {
    std::vector<Token> tokens;
    if (start_token_ >= 0) tokens.push_back({"<start>", static_cast<std::uint32_t>(start_token_), true});
    for (std::string& word : split(text)) {
        const auto found = ids_.find(word);
        if (found != ids_.end()) tokens.push_back({std::move(word), found->second, true});
        else if (unknown_token_ >= 0)
            tokens.push_back({std::move(word), static_cast<std::uint32_t>(unknown_token_), false});
    }
    return tokens;
}

}  // namespace runnel
