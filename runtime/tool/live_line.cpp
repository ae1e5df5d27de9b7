#include "live_line.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include "common/sequences.hpp"
#include "common/text.hpp"

namespace runnel {
namespace {

constexpr std::string_view blanks = " \t\r", separators = ",; \t\r";

/// False: the field is no number.
template <class T> bool read_number(std::string_view field, T& value) {
    if (field.starts_with('+')) field.remove_prefix(1);
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size();
}

template <class T> T number(std::string_view field) {
    T value{};
    if (!read_number(field, value)) throw std::invalid_argument(quote(field) + " is not a number");
    return value;
}

std::string values(std::size_t count) { return std::to_string(count) + (count == 1 ? " value" : " values"); }

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto start = text.find_first_not_of(blanks);
    if (start == text.npos) return {};
    return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
    fields.clear();
    while (true) {
        const auto end = line.find_first_of(separators);
        fields.push_back(line.substr(0, end));
        if (end == line.npos) return;
        line = trimmed(line.substr(end));
        if (line.starts_with(',') || line.starts_with(';')) line = trimmed(line.substr(1));
    }
}

bool is_header(const std::vector<std::string_view>& fields) {
    const auto is_number = [](std::string_view field) {
        double value;
        return read_number(field, value);
    };
    return std::any_of(fields.begin(), fields.end(), [](std::string_view field) { return !field.empty(); }) &&
           std::none_of(fields.begin(), fields.end(), is_number);
}

void parse(const std::vector<std::string_view>& fields, const ModelInfo& info, LiveStep& step) {
    if (info.takes_tokens || (fields.size() == 1 && info.inputs > 1)) {
        if (fields.size() > 1) throw std::invalid_argument("it has " + values(fields.size()));
        const auto value = number<double>(fields[0]);
        if (!info.takes_tokens && !(value >= 0 && value < info.inputs)) throw std::invalid_argument("it has 1 value");
        step = token_id(value, info);
        return;
    }
    if (!std::holds_alternative<std::vector<float>>(step)) step.emplace<std::vector<float>>();
    auto& features = std::get<std::vector<float>>(step);  // which keeps its memory from line to line
    features.clear();
    for (const std::string_view field : fields) features.push_back(number<float>(field));
    if (features.size() != info.inputs) throw std::invalid_argument("it has " + values(features.size()));
}

}  // namespace runnel
