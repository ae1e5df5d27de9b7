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

/// Bytes that are no character stay as they are.
std::string lower(std::string_view text) {
    const Utf8Scope scope;
    std::string result;
    std::mbstate_t reading{}, writing{};
    while (!text.empty()) {
        wchar_t character;
        std::size_t length = std::mbrtowc(&character, text.data(), text.size(), &reading);
        if (length == 0 || length > text.size()) {
            length = 1;
            reading = {};
            result += text[0];
        } else {
            char bytes[MB_LEN_MAX];
            result.append(bytes, std::wcrtomb(bytes, static_cast<wchar_t>(std::towlower(character)), &writing));
        }
        text.remove_prefix(length);
    }
    return result;
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
    for (std::uint32_t id = 0; id < info.words; ++id) ids_.emplace(model.word(id), id);
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

std::string Tokenizer::learn(std::string_view text) {
    for (const std::string& word : split_words(text))
        if (!ids_.contains(word) && !add(word)) return word;
    return {};
}

training::Words Tokenizer::new_words() const {
    return {model_words_, static_cast<std::uint32_t>(new_words_.size()), new_words_.data()};
}

std::vector<Token> Tokenizer::tokens(std::string_view text) const {
    std::vector<Token> tokens;
    if (start_token_ >= 0) tokens.push_back({"<start>", static_cast<std::uint32_t>(start_token_), true});
    for (std::string& word : split_words(text)) {
        const auto found = ids_.find(word);
        if (found != ids_.end()) tokens.push_back({std::move(word), found->second, true});
        else if (unknown_token_ >= 0)
            tokens.push_back({std::move(word), static_cast<std::uint32_t>(unknown_token_), false});
    }
    return tokens;
}

}  // namespace runnel
