#include "text.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace runnel {
namespace {

constexpr std::size_t most_quoted = 80;

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

/// Bytes of the UTF-8 character that the text begins with; 0: it begins with none.
std::size_t character_bytes(std::string_view text) {
    const unsigned char first = byte(text[0]);
    if (first < 0x80) return 1;
    const std::size_t bytes = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const auto rest = text.substr(1, bytes - 1);
    const bool whole = rest.size() == bytes - 1 &&
                       std::all_of(rest.begin(), rest.end(), [](char c) { return (byte(c) & 0xC0) == 0x80; });
    return whole && first >= 0xC2 && first < 0xF5 ? bytes : 0;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool c1 = byte(text[i]) == 0xC2 && i + 1 < text.size() && byte(text[i + 1]) >= 0x80 &&
                        byte(text[i + 1]) < 0xA0;
        result += c1 || byte(text[i]) < 0x20 || byte(text[i]) == 0x7F ? '?' : text[i];
        i += c1;
    }
    return result;
}

std::string excerpt(std::string_view text) {
    std::string result;
    for (std::size_t characters = 0; !text.empty(); ++characters) {
        if (characters == most_quoted) return result + "...";
        const std::size_t bytes = character_bytes(text);
        result += bytes > 0 ? printable(text.substr(0, bytes)) : "?";
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return result;
}

std::string quote(std::string_view text) { return '"' + excerpt(text) + '"'; }

std::string shortened(std::string message, int argc, const char* const* argv) {
    constexpr std::size_t longest = 400;  // quotes but one or two arguments
    for (const std::string_view argument : std::span(argv, static_cast<std::size_t>(argc)))
        for (const std::string_view text : {argument, argument.substr(argument.find('=') + 1)}) {
            if (text.size() <= most_quoted) continue;
            const std::string shorter = excerpt(text);
            for (std::size_t at = 0; (at = message.find(text, at)) != message.npos; at += shorter.size())
                message.replace(at, text.size(), shorter);
        }
    return message.size() > longest ? excerpt(message) : message;
}

std::string_view without_byte_order_mark(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    return text;
}

}  // namespace runnel
