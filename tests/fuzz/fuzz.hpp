/// What the fuzz targets share. A target is a function over hostile bytes (https://llvm.org/docs/LibFuzzer.html) that
/// ends the program where something does not hold; libFuzzer searches bytes for it, replay.cpp runs the known ones.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "support/block.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace runnel::fuzz {

inline void require(bool holds, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
}

/// The bytes in memory of just their size, at a multiple of 64.
inline test::Block copied(const std::uint8_t* data, std::size_t size) {
    test::Block block(size);
    if (size) std::memcpy(block.data(), data, size);
    return block;
}

}  // namespace runnel::fuzz
