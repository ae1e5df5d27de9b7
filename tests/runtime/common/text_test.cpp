#include "common/text.hpp"

#include <doctest/doctest.h>

using namespace runnel;

TEST_CASE("control characters are shown, not sent") {
    CHECK(printable("a\x1b[2Jb\n\x7f") == "a?[2Jb??");
    CHECK(printable("a\xC2\x9B[2Jb\xC2") == "a?[2Jb\xC2");
    CHECK(printable("café\xC2\xA0") == "café\xC2\xA0");
}

TEST_CASE("80 characters of a text are quoted, and none is cut in half") {
    const std::string ascii(80, 'a');
    CHECK(excerpt(ascii) == ascii);
    CHECK(quote(ascii + "b") == '"' + ascii + "...\"");
    CHECK(excerpt(std::string(4 << 20, 'a')) == ascii + "...");
    for (const std::string character : {"é", "€", "\U0001F3B5"}) {
        std::string most, more = "a";
        for (int i = 0; i < 80; ++i) most += character;
        for (int i = 0; i < 100; ++i) more += character;
        CHECK(excerpt(most) == most);
        CHECK(excerpt(more) == "a" + most.substr(character.size()) + "...");
    }
    CHECK(excerpt("") == "");
    CHECK(quote("a\x1b[2J") == "\"a?[2J\"");
}

TEST_CASE("what is not UTF-8 is quoted no longer, and not as it is") {
    CHECK(excerpt(std::string(4 << 20, '\x80')) == std::string(80, '?') + "...");
    CHECK(excerpt("a\xC3") == "a?");
    CHECK(excerpt("\xE2\x82z") == "??z");
    CHECK(excerpt("\xFF\xC0\xAF\xF5\x80\x80\x80") == "???????");
}

TEST_CASE("a parser's message quotes long arguments no longer") {
    const std::string value(5000, '7'), option = "--steps=" + value, shown = std::string(80, '7') + "...";
    const char* const arguments[] = {"runnel", option.c_str(), value.c_str(), "bench"};
    CHECK(shortened("--steps: " + value + " is too large", 4, arguments) == "--steps: " + shown + " is too large");
    CHECK(shortened("not expected: " + value + ' ' + value, 4, arguments) == "not expected: " + shown + ' ' + shown);
    CHECK(shortened("A subcommand is required", 4, arguments) == "A subcommand is required");
    std::string many = "not expected:";
    for (int i = 0; i < 1000; ++i) many += " word";
    CHECK(shortened(many, 4, arguments) == many.substr(0, 80) + "...");
}

TEST_CASE("a byte order mark is skipped where it begins a text, once") {
    const std::string mark = "\xEF\xBB\xBF";
    CHECK(without_byte_order_mark(mark + "1") == "1");
    CHECK(without_byte_order_mark(mark) == "");
    CHECK(without_byte_order_mark(mark + mark) == mark);
    CHECK(without_byte_order_mark("1" + mark) == "1" + mark);
    CHECK(without_byte_order_mark("\xEF\xBB") == "\xEF\xBB");
}
