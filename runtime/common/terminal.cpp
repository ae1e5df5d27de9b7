#include "terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace runnel {
namespace {

/// By the environment variables that choose the locale of characters, in POSIX' order.
bool is_utf8() {
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const char* value = std::getenv(variable); value && *value) {
            const std::string_view locale = value;
            return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
        }
    return false;
}

}  // namespace

std::string decimals(double value, int digits) {
    char text[400];
    const int length = std::snprintf(text, sizeof text, "%.*f", digits, value);
    return std::string(text, static_cast<std::size_t>(length));
}

std::string significant(double value, int digits) {
    char text[400];
    const int length = std::snprintf(text, sizeof text, "%#.*g", digits, value);
    return std::string(text, static_cast<std::size_t>(length));
}

std::string shortest(float value) {
    char text[64];
    return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::string grouped(std::uint64_t value) {
    std::string text = std::to_string(value);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string bar(double fraction, int width) {
    static const bool utf8 = is_utf8();
    const double filled = std::clamp(fraction, 0.0, 1.0) * width;
    std::string text;
    if (!utf8) {
        text.assign(static_cast<std::size_t>(std::lround(filled)), '#');
        return padded(text, static_cast<std::size_t>(width));
    }
    static constexpr std::string_view eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const long steps = std::lround(filled * 8);
    for (long i = 0; i < steps / 8; ++i) text += "█";
    text += eighths[steps % 8];
    return padded(text, static_cast<std::size_t>(width));
}

const Style& style() {
    static const Style chosen = [] {
        const char* no_color = std::getenv("NO_COLOR");
        if (!::isatty(STDOUT_FILENO) || (no_color && *no_color)) return Style{};
        return Style{"\033[32m", "\033[31m", "\033[2m", "\033[1m", "\033[0m"};
    }();
    return chosen;
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result(text);
    const std::size_t used = display_width(text);
    if (used < width) result.append(width - used, ' ');
    return result;
}

void Table::print(std::ostream& out) const {
    const auto heading = [&](std::size_t column) {
        std::string_view text = rows_[0][column];
        if (text.starts_with('>')) text.remove_prefix(1);
        return text;
    };
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < rows_[0].size(); ++column) {
        std::size_t width = display_width(heading(column));
        for (std::size_t row = 1; row < rows_.size(); ++row) width = std::max(width, display_width(rows_[row][column]));
        widths.push_back(width);
    }
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        std::string line;
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const std::string_view cell = row ? rows_[row][column] : heading(column);
            const bool right = rows_[0][column].starts_with('>');
            if (column) line += "  ";
            if (right) line.append(widths[column] - display_width(cell), ' ');
            line += right ? std::string(cell) : padded(cell, widths[column]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

}  // namespace runnel
