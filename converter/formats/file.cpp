#include "formats/file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "common/text.hpp"
#include "error.hpp"

namespace runnel::converter {

Bytes read_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) throw Error(path.string() + ": there is no such file");
    if (!std::filesystem::is_regular_file(status)) throw Error(path.string() + ": is not a regular file");
    const auto size = std::filesystem::file_size(path, error);
    if (error) throw Error(path.string() + ": " + error.message());
    if (size > max_file_bytes) throw Error(path.string() + ": is larger than 2 GiB");
    std::ifstream in(path, std::ios::binary);
    Bytes bytes(size);
    if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        throw Error(path.string() + (in.eof() ? ": it changed while it was read; try again once it is written"
                                              : std::string(": cannot be read: ") + std::strerror(errno)));
    return bytes;
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
    const Bytes bytes = read_file(path);
    std::vector<std::string> lines;
    std::string line;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const char c : without_byte_order_mark(text)) {
        if (c == '\0') throw Error(path.string() + ": is not a text file (it holds a NUL byte)");
        if (c != '\n') {
            line += c;
            continue;
        }
        if (line.ends_with('\r')) line.pop_back();
        lines.push_back(std::move(line));
        line.clear();
    }
    if (!line.empty()) lines.push_back(std::move(line));
    return lines;
}

}  // namespace runnel::converter
