/// Named arrays and attributes of an HDF5 file that lies in memory.
///
/// Only what is stored in the file itself is followed: hard links, no external files, no plugins. The file is read in
/// a process of its own, since libhdf5 does not withstand every damaged file.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/file.hpp"

namespace runnel::converter {

class Hdf5File {
public:
    using Shape = std::vector<std::uint64_t>;

    /// Largest array, in elements, and longest text, in bytes.
    static constexpr std::uint64_t max_elements = std::uint64_t{1} << 28;
    static constexpr std::size_t max_text = std::size_t{1} << 26;

    static bool is_hdf5(std::span<const std::byte> bytes);

    /// `ignored`: members of the root that are not read. Throws Error if the bytes are not an HDF5 file.
    explicit Hdf5File(const Bytes& bytes, const std::vector<std::string>& ignored = {});

    /// Whether a group or array lies at the path ("a/b/c"; "" is the root). Throws Error where the path leads through
    /// a soft or external link.
    bool exists(const std::string& path) const;
    /// Names of a group's members, links left out; none if there is no such group.
    std::vector<std::string> members(const std::string& group) const;

    /// Strings of an attribute of the object at `path`, of fixed or variable length, scalar or a vector; an
    /// empty array of any type gives no strings. Nothing if there is no such attribute. Throws Error if it
    /// holds something else.
    std::optional<std::vector<std::string>> strings(const std::string& path, const std::string& attribute) const;

    /// Throws Error if there is no array at the path.
    const Shape& shape(const std::string& path) const;
    /// The array, row-major. Throws Error if there is none, if it holds other than floating-point numbers, has more
    /// than `max_elements`, or is not wholly within the file.
    const std::vector<float>& floats(const std::string& path) const;

private:
    struct Text {
        std::vector<std::string> strings;
        std::string problem;  ///< why it cannot be used; "" if it can
    };
    struct Object {
        bool is_link = false, is_array = false;
        std::map<std::string, Text> attributes;
        Shape shape;
        std::vector<float> floats;
        std::string problem;
    };
    /// Nothing if there is no such object.
    const Object* find(const std::string& path) const;
    const Object& array(const std::string& path) const;

    std::map<std::string, Object> objects_;
};

}  // namespace runnel::converter
