#pragma once
#include <string>

#include "formats/file.hpp"

namespace runnel::test {

inline converter::Bytes bytes_of(const std::string& text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

}  // namespace runnel::test
