/// A line of live input: a token or the features of a step.
#pragma once
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "runnel/runnel.hpp"

namespace runnel {

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// The fields of a trimmed line, which stand between commas, semicolons or blanks.
void split(std::string_view line, std::vector<std::string_view>& fields);

/// Whether the fields name columns: there are some, and none is a number.
bool is_header(const std::vector<std::string_view>& fields);

/// What one step takes.
using LiveStep = std::variant<std::uint32_t, std::vector<float>>;

/// Makes the fields a step. One field is a token, unless the model takes single features. Throws std::invalid_argument
/// if they are none of this model; `step` is then undefined.
void parse(const std::vector<std::string_view>& fields, const ModelInfo& info, LiveStep& step);

}  // namespace runnel
