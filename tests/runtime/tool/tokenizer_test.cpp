// Expected words: what Keras' text_to_word_sequence gives, by its definition.
#include "tokenizer.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <memory>

#include "support/tiny_model.hpp"

using namespace runnel;
using namespace runnel::test;

namespace {

using Words = std::vector<std::string>;

/// A model in memory, as the runtime wants it aligned.
struct Loaded {
    explicit Loaded(const TinyModel& tiny) {
        const auto file = build(tiny);
        block.resize(file.size() + 63);
        void* start = block.data();
        std::size_t space = block.size();
        std::memcpy(std::align(64, file.size(), start, space), file.data(), file.size());
        status = model.load(start, file.size());
    }
    std::vector<unsigned char> block;
    Model model;
    Status status;
};

TinyModel reader() {
    return {.tokens = 6, .inputs = 2, .units = 2, .outputs = 1,
            .vocabulary = {"<pad>", "<start>", "<unknown>", "the", "don't", "café"},
            .start_token = 1, .unknown_token = 2};
}

std::vector<std::uint32_t> ids(const std::vector<Token>& tokens) {
    std::vector<std::uint32_t> result;
    for (const Token& token : tokens) result.push_back(token.id);
    return result;
}

}  // namespace

TEST_CASE("lower case, filtered characters as spaces, split at spaces") {
    CHECK(split_words("The movie, was GREAT!") == Words{"the", "movie", "was", "great"});
    CHECK(split_words("don't stop-here...now\tor\nnever") == Words{"don't", "stop", "here", "now", "or", "never"});
    CHECK(split_words("a!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~b") == Words{"a", "b"});
    CHECK(split_words("10/10") == Words{"10", "10"});
    CHECK(split_words("CAFÉ") == Words{"café"});
    CHECK(split_words("\xff\xfe broken") == Words{"\xff\xfe", "broken"});
    CHECK(split_words("\xEF\xBB\xBFThe film") == Words{"the", "film"});
    CHECK(split_words("") == Words{});
    CHECK(split_words(" ,. ") == Words{});
}

TEST_CASE("the start token first, the unknown token for unknown words") {
    const Loaded loaded(reader());
    REQUIRE(loaded.status == Status::ok);
    const auto tokens = Tokenizer(loaded.model).tokens("The CAFÉ, don't exist");
    CHECK(ids(tokens) == std::vector<std::uint32_t>{1, 3, 5, 4, 2});
    CHECK(tokens[4].word == "exist");
    CHECK_FALSE(tokens[4].known);
    CHECK(ids(Tokenizer(loaded.model).tokens("<pad>")) == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("without an unknown token, unknown words are left out") {
    TinyModel tiny = reader();
    tiny.start_token = tiny.unknown_token = -1;
    const Loaded loaded(tiny);
    REQUIRE(loaded.status == Status::ok);
    CHECK(ids(Tokenizer(loaded.model).tokens("the what café")) == std::vector<std::uint32_t>{3, 5});
}

TEST_CASE("new words take the tokens behind the vocabulary, and travel in a patch") {
    TinyModel tiny = reader();
    tiny.tokens = 8;
    const Loaded loaded(tiny);
    REQUIRE(loaded.status == Status::ok);
    Tokenizer tokenizer(loaded.model);
    CHECK(tokenizer.new_words().bytes == 0);
    CHECK(tokenizer.learn("the naïve, NAÏVE exist") == "");
    CHECK(tokenizer.learn("the café") == "");
    CHECK(tokenizer.learn("once more") == "once");
    CHECK(ids(tokenizer.tokens("NAÏVE cafés exist")) == std::vector<std::uint32_t>{1, 6, 2, 7});
    CHECK(tokenizer.is_new(6));
    CHECK_FALSE(tokenizer.is_new(5));
    const training::Words words = tokenizer.new_words();
    CHECK(words.first_token == 6);
    CHECK(std::string(words.text, words.bytes) == std::string("naïve\0exist\0", 13));
    const Tokenizer other(loaded.model, words);
    CHECK(ids(other.tokens("naïve cafés exist")) == std::vector<std::uint32_t>{1, 6, 2, 7});
    CHECK(other.tokens("exist")[1].known);
}

TEST_CASE("where all words are single characters, each of a text is one, the space too") {
    TinyModel tiny = reader();
    tiny.tokens = 8;
    tiny.vocabulary = {"<pad>", "<start>", "UNK", "\" \"", "a", "é", "A"};
    const Loaded loaded(tiny);
    REQUIRE(loaded.status == Status::ok);
    Tokenizer tokenizer(loaded.model);
    CHECK(tokenizer.by_character());
    CHECK(ids(tokenizer.tokens("aA É!")) == std::vector<std::uint32_t>{1, 4, 6, 3, 5, 2});
    CHECK(ids(tokenizer.tokens("\xEF\xBB\xBF\xff")) == std::vector<std::uint32_t>{1, 2});
    CHECK(tokenizer.learn("a b") == "");
    CHECK(ids(tokenizer.tokens("Bab")) == std::vector<std::uint32_t>{1, 7, 4, 7});
    CHECK(tokenizer.learn("!") == "!");
}

TEST_CASE("one longer word, or none, and texts are read by words") {
    TinyModel tiny = reader();
    tiny.vocabulary = {"<pad>", "<start>", "<unknown>", "a", "an", "b"};
    const Loaded words(tiny);
    CHECK_FALSE(Tokenizer(words.model).by_character());
    CHECK(ids(Tokenizer(words.model).tokens("b an")) == std::vector<std::uint32_t>{1, 5, 4});
    tiny.vocabulary = {"<pad>", "<start>", "<unknown>"};
    const Loaded names(tiny);
    REQUIRE(names.status == Status::ok);
    CHECK_FALSE(Tokenizer(names.model).by_character());
}
