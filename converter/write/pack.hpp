/// A graph as the bytes of a model file (schemas/model.fbs).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/stored.hpp"

namespace runnel::converter {

/// What the file says of itself; all may be empty.
struct Metadata {
    std::string source_name, source_sha256, source_framework;
    std::vector<std::string> vocabulary, labels;
    std::int32_t start_token = -1, unknown_token = -1;  ///< -1: none
};

/// Owns a model file's bytes at an address that is a multiple of 64.
class FileImage {
public:
    explicit FileImage(std::span<const std::uint8_t> bytes);
    std::span<const std::uint8_t> bytes() const { return {lines_.front().bytes, size_}; }

private:
    struct alignas(64) Line {
        std::uint8_t bytes[64];
    };
    std::vector<Line> lines_;
    std::size_t size_;
};

/// The version of the converter, as it stands in the file.
const char* version();

/// Packs the weights and adds the checksum. The same input gives the same bytes.
FileImage pack(const StoredGraph& stored, const Metadata& metadata);
/// All in float32.
FileImage pack(const Graph& graph, const Metadata& metadata);

/// Loads the file with the runtime and compares what that understands with the graph. Returns the bytes of weights
/// in it. Throws Error if the runtime refuses the file.
std::size_t check_loads(const FileImage& file, const Graph& graph);

}  // namespace runnel::converter
