#include "write/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cctype>
#include <cstring>
#include <utility>

#include "error.hpp"

namespace runnel::converter {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    int close() { return ::close(std::exchange(fd_, -1)); }

private:
    int fd_;
};

/// Removes the file unless it has been renamed.
class Temporary {
public:
    explicit Temporary(const std::filesystem::path& path) : path_(path) {}
    ~Temporary() {
        if (!kept_) ::unlink(path_.c_str());
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    void keep() { kept_ = true; }

private:
    const std::filesystem::path& path_;
    bool kept_ = false;
};

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw Error(path.string() + ": cannot be written: " + std::strerror(errno));
}

/// Where the bytes shall really go.
std::filesystem::path resolve(const std::filesystem::path& path) {
    std::error_code error;
    if (path.filename().empty()) throw Error(path.string() + ": names a folder, not a file");
    if (!std::filesystem::exists(path, error)) return path;
    if (!std::filesystem::is_regular_file(path, error)) throw Error(path.string() + ": is not a regular file");
    return std::filesystem::canonical(path);
}

void write_all(int fd, std::span<const std::uint8_t> bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    const std::filesystem::path target = resolve(path);
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    const std::filesystem::path beside = folder / ("." + target.filename().string() + "." + std::to_string(::getpid()));

    Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0) fail(path);
    Temporary temporary(beside);
    write_all(file.get(), bytes, path);
    if (::fsync(file.get()) != 0 || file.close() != 0 || ::rename(beside.c_str(), target.c_str()) != 0) fail(path);
    temporary.keep();
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) ::fsync(directory.get());  // some file systems cannot sync a folder
}

std::string c_array(const std::string& file_name, const std::string& comment, std::span<const std::uint8_t> bytes) {
    std::string name;
    for (const char c : std::filesystem::path(file_name).stem().string())
        name += std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128 ? c : '_';
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "model_" + name;

    std::string text = "/* " + comment + " */\n#ifndef RUNNEL_" + name + "_H\n#define RUNNEL_" + name + "_H\n\n";
    text += "#ifdef __cplusplus\nalignas(64)\n#else\n_Alignas(64)\n#endif\n";
    text += "static const unsigned char " + name + "[" + std::to_string(bytes.size()) + "] = {";
    text.reserve(text.size() + bytes.size() * 4 + bytes.size() / 20);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i % 24 == 0) text += "\n    ";
        text += std::to_string(bytes[i]) + ",";
    }
    return text + "\n};\nenum { " + name + "_size = " + std::to_string(bytes.size()) + " };\n\n#endif\n";
}

}  // namespace runnel::converter
