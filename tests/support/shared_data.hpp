/// Real models and data that are not part of the repository.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "support/skip.hpp"

namespace runnel::test {

/// The folder's path; or "" if it is not here, and the test case is skipped. RUNNEL_DATA overrides the place beside the
/// checkout and must then exist.
inline std::string shared_data() {
    const char* forced = std::getenv("RUNNEL_DATA");
    const std::string folder = forced ? forced : RUNNEL_SHARED_DATA;
    if (std::filesystem::is_directory(folder)) return folder;
    REQUIRE_MESSAGE(!forced, "RUNNEL_DATA is no folder: " << folder);
    skip_case("../shared/data is not here");
    return "";
}

/// A file of tests/golden.
inline std::string golden(const std::string& name) { return std::string(RUNNEL_GOLDEN "/") + name; }

}  // namespace runnel::test
