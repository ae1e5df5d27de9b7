/// Members of a zip archive that lies in memory.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/file.hpp"

struct zip;

namespace runnel::converter {

class ZipFile {
public:
    static bool is_zip(std::span<const std::byte> bytes);

    /// `bytes` must outlive the object. Throws Error if they are not an archive.
    explicit ZipFile(std::span<const std::byte> bytes);

    /// A member's content, checked against its CRC; nothing if there is no such member. Throws Error if it is
    /// damaged, encrypted, or longer than `limit` bytes.
    std::optional<Bytes> read(const std::string& name, std::size_t limit) const;

    /// The members' names; of very many the first.
    std::vector<std::string> names() const;

private:
    struct Discard {
        void operator()(zip* archive) const;
    };
    std::unique_ptr<zip, Discard> archive_;
};

}  // namespace runnel::converter
