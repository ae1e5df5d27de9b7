#include "file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace runnel {
namespace {

[[noreturn]] void fail(const std::string& path, const char* doing) {
    throw std::runtime_error(path + ": cannot be " + doing + ": " + std::strerror(errno));
}

/// A file descriptor, closed at the end of its scope; negative: none.
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

constexpr std::size_t huge_page = std::size_t{1} << 21;

/// Pages of this process; in whole huge pages the memory begins at one, for which the system must be asked.
unsigned char* allocated(std::size_t size, const std::string& path) {
    const std::size_t spare = size < huge_page ? 0 : huge_page;
    void* memory = ::mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail(path, "read");
    auto* first = static_cast<unsigned char*>(memory);
    if (spare == 0) return first;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(first) % huge_page) % huge_page;
    const std::size_t used = before + (size + page - 1) / page * page;
    if (before > 0) ::munmap(first, before);
    if (used < size + spare) ::munmap(first + used, size + spare - used);
    (void)::madvise(first + before, size, MADV_HUGEPAGE);
    return first + before;
}

struct stat status_of(int descriptor, const std::string& path) {
    struct stat status;
    if (::fstat(descriptor, &status) != 0) fail(path, "read");
    return status;
}

[[noreturn]] void refuse_changed(const std::string& path) {
    throw std::runtime_error(path + ": it changed while it was read; try again once it is written");
}

void read_all(int descriptor, unsigned char* to, std::size_t size, const std::string& path) {
    while (size > 0) {
        const auto got = ::read(descriptor, to, size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, "read");
        if (got == 0) refuse_changed(path);  // it has become shorter
        to += got;
        size -= static_cast<std::size_t>(got);
    }
}

/// The file that `path` stands for: a new file, or the end of a chain of symbolic links.
std::string resolved(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return path;
    if (!std::filesystem::is_regular_file(status))
        throw std::runtime_error(path + ": cannot be written: it exists and is not a regular file");
    return std::filesystem::canonical(path).string();
}

/// Removes a file that no process holds locked. Throws if one does.
void remove_abandoned(const std::string& partial, const std::string& path) {
    const Descriptor descriptor{::open(partial.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (descriptor.number < 0 && errno == ENOENT) return;
    if (descriptor.number < 0) fail(path, "created");
    if (::flock(descriptor.number, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw std::runtime_error(path + ": cannot be created: another process is writing it");
    struct stat locked, named;
    const bool still_there = ::fstat(descriptor.number, &locked) == 0 && ::lstat(partial.c_str(), &named) == 0 &&
                             locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
    if (still_there && ::unlink(partial.c_str()) != 0) fail(path, "created");
}

/// A new, empty file that this process holds locked (where the file system has locks).
int create_locked(const std::string& partial, const std::string& path) {
    for (;;) {
        const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) fail(path, "created");
        if (descriptor < 0) {
            remove_abandoned(partial, path);
            continue;
        }
        (void)::flock(descriptor, LOCK_EX);
        // Before it was locked, another process may have taken it for an abandoned one.
        struct stat status;
        if (::fstat(descriptor, &status) == 0 && status.st_nlink > 0) return descriptor;
        ::close(descriptor);
    }
}

void sync_folder(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    const Descriptor descriptor{::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    // Some file systems cannot sync a folder; the file itself is safe then.
    if (descriptor.number >= 0) (void)::fsync(descriptor.number);
}

}  // namespace

FileBytes::FileBytes(const std::string& path) {
    const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (descriptor.number < 0) fail(path, "opened");
    const struct stat before = status_of(descriptor.number, path);
    if (!S_ISREG(before.st_mode)) throw std::runtime_error(path + ": is not a regular file");
    if (before.st_size == 0) return;
    if (static_cast<std::uintmax_t>(before.st_size) > SIZE_MAX - huge_page) {
        errno = EFBIG;
        fail(path, "read");
    }
    const auto size = static_cast<std::size_t>(before.st_size);
    memory_ = allocated(size, path);
    size_ = size;
    try {
        read_all(descriptor.number, memory_, size, path);
        // A file that somebody writes at this moment may be half the old and half the new one.
        const struct stat after = status_of(descriptor.number, path);
        if (after.st_size != before.st_size || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
            after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
            refuse_changed(path);
        if (::mprotect(memory_, size, PROT_READ) != 0) fail(path, "read");
    } catch (...) {
        ::munmap(memory_, size);
        throw;
    }
}

FileBytes::~FileBytes() {
    if (memory_) ::munmap(memory_, size_);
}

NewFile::NewFile(const std::string& path)
    : path_(resolved(path)), partial_(path_ + ".runnel-partial"), descriptor_(create_locked(partial_, path)) {}

NewFile::~NewFile() {
    if (descriptor_ < 0) return;
    ::unlink(partial_.c_str());  // while it is locked
    ::close(descriptor_);
}

void NewFile::write(const void* bytes, std::size_t size) {
    const auto* at = static_cast<const unsigned char*>(bytes);
    while (size > 0) {
        const auto written = ::write(descriptor_, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path_, "written");
        at += written;
        size -= static_cast<std::size_t>(written);
    }
}

void NewFile::sync() {
    if (::fsync(descriptor_) != 0) fail(path_, "written");
}

void NewFile::commit() {
    sync();
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail(path_, "written");
    ::close(descriptor_);
    descriptor_ = -1;
    sync_folder(path_);
}

void write_whole(const std::string& path, std::span<const unsigned char> bytes) {
    NewFile file(path);
    file.write(bytes.data(), bytes.size());
    file.commit();
}

}  // namespace runnel
