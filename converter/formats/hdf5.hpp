/// Named arrays and attributes of an HDF5 file that lies in memory.
///
/// Only what is stored in the file itself is followed: hard links, no external files, no plugins.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/file.hpp"

namespace runnel::converter {

class Hdf5File {
public:
    using Shape = std::vector<std::uint64_t>;

    /// Largest array, in elements, and longest string, in bytes.
    static constexpr std::uint64_t max_elements = std::uint64_t{1} << 28;
    static constexpr std::size_t max_string = std::size_t{1} << 26;

    static bool is_hdf5(std::span<const std::byte> bytes);

    /// Throws Error if the bytes are not an HDF5 file.
    explicit Hdf5File(Bytes bytes);
    ~Hdf5File();
    Hdf5File(const Hdf5File&) = delete;
    Hdf5File& operator=(const Hdf5File&) = delete;

    /// Whether a group or array lies at the path ("a/b/c"; "/" is the root). Throws Error where the path
    /// leads out of the file.
    bool exists(const std::string& path) const;
    /// Number of links in a group; 0 if there is no such group.
    std::size_t children(const std::string& group) const;

    /// Strings of an attribute of the object at `path`, of fixed or variable length, scalar or a vector; an
    /// empty array of any type gives no strings. Nothing if there is no such attribute. Throws Error if it
    /// holds something else.
    std::optional<std::vector<std::string>> strings(const std::string& path, const std::string& attribute) const;

    /// Throws Error if there is no array at the path.
    Shape shape(const std::string& path) const;
    /// The array as floats, row-major. Throws Error if there is none, if it holds other than floating-point
    /// numbers, has more than `max_elements`, or is not wholly within the file.
    std::vector<float> floats(const std::string& path) const;

private:
    Bytes bytes_;
    std::int64_t file_;
};

}  // namespace runnel::converter
