/// Text for people.
#pragma once
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace runnel {

/// With `digits` decimals.
std::string decimals(double value, int digits);
/// With `digits` significant digits: "0.4056", "1.235e-05".
std::string significant(double value, int digits);
/// The shortest text that reads back as the same float.
std::string shortest(float value);
/// "8,633".
std::string grouped(std::uint64_t value);

/// The texts of the values, with `separator` between them. `text`: what makes a value a text.
template <class Range, class Text>
std::string joined(const Range& values, std::string_view separator, Text text) {
    std::string result;
    bool first = true;
    for (const auto& value : values) {
        if (!first) result += separator;
        first = false;
        result += text(value);
    }
    return result;
}

/// A bar of `width` columns, filled up to `fraction` (clamped to 0..1): in eighths of a column where the locale is
/// UTF-8, of '#' and spaces elsewhere.
std::string bar(double fraction, int width);

/// Escape sequences, empty where standard output is no terminal or NO_COLOR is set.
struct Style {
    std::string_view good, bad, dim, bold, plain;
};
const Style& style();

/// Columns, aligned. A column whose heading starts with '>' is aligned to the right.
class Table {
public:
    explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print(std::ostream& out) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// Columns that a UTF-8 text takes, one a character.
std::size_t display_width(std::string_view text);
/// The text, filled with spaces to `width` columns.
std::string padded(std::string_view text, std::size_t width);

}  // namespace runnel
