/// Files: read whole, written beside and renamed. Failures throw std::runtime_error with a message that
/// names the file and the system's reason.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace runnel {

/// The bytes of a regular file as it was when it was opened, read into memory of this process: what becomes of the file
/// afterwards changes nothing here. Throws also where the file changes while it is read.
class FileBytes {
public:
    explicit FileBytes(const std::string& path);
    FileBytes(const FileBytes&) = delete;
    FileBytes& operator=(const FileBytes&) = delete;
    ~FileBytes();

    /// Read-only, at a multiple of 64; in huge pages where the file fills some and the system gives them.
    std::span<const unsigned char> bytes() const { return {memory_, size_}; }

private:
    unsigned char* memory_ = nullptr;
    std::size_t size_ = 0;
};

/// A file that appears under its name only when it is complete. Until `commit` the bytes go to a file beside it, its
/// name with ".runnel-partial", which the destructor removes; what a power cut left there, the next NewFile of that
/// name removes. One at a time: the file beside is locked. A regular file of the name is replaced; anything else there
/// is refused.
class NewFile {
public:
    explicit NewFile(const std::string& path);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();

    void write(const void* bytes, std::size_t size);
    /// Puts the bytes on the disk.
    void sync();
    /// Puts the bytes on the disk, then gives the file its name.
    void commit();

private:
    std::string path_, partial_;
    int descriptor_ = -1;
};

/// Makes or replaces a file as NewFile does.
void write_whole(const std::string& path, std::span<const unsigned char> bytes);

}  // namespace runnel
