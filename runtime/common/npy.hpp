/// NumPy's .npy files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): bool, signed and
/// unsigned integers of 1 to 8 bytes, floats of 2, 4 and 8, either byte order, C or Fortran order, versions 1 to 3.
/// Failures throw std::runtime_error with a message that names the file.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "file.hpp"

namespace runnel::npy {

/// An array over the bytes of a file, which must outlive it.
class Array {
public:
    /// `file`: the whole file. Everything is verified here; `value` can then read nothing outside of it.
    /// `name`: what messages call the file.
    Array(std::span<const unsigned char> file, const std::string& name);

    const std::vector<std::size_t>& shape() const { return shape_; }
    /// Number of values.
    std::size_t size() const { return size_; }
    /// bool, signed or unsigned integers.
    bool is_integer() const { return kind_ != 'f'; }
    /// The value at `index` < size(), counted in C order (the last dimension varies fastest). Integers of more
    /// than 53 bits are rounded.
    double value(std::size_t index) const {
        return read_(data_ + width_ * (fortran_order_ ? fortran_index(index) : index));
    }

private:
    std::size_t fortran_index(std::size_t index) const;

    const unsigned char* data_ = nullptr;
    double (*read_)(const unsigned char*) = nullptr;
    std::size_t width_ = 0, size_ = 0;
    std::vector<std::size_t> shape_;
    char kind_ = 0;
    bool fortran_order_ = false;
};

/// A file and the array in it.
class File {
public:
    explicit File(const std::string& path) : path_(path), file_(path), array_(file_.bytes(), path) {}

    const std::string& path() const { return path_; }
    const Array& array() const { return array_; }

private:
    std::string path_;
    FileBytes file_;
    Array array_;
};

/// Writes float32 values in C order; the file appears when `finish` is called.
class Writer {
public:
    Writer(const std::string& path, std::span<const std::size_t> shape);

    void append(std::span<const float> values);
    /// As many values as the shape has must have been appended.
    void finish();

private:
    void flush();

    NewFile file_;
    std::vector<float> buffer_;
    std::size_t missing_ = 1;
};

/// "[3, 100]".
std::string shape_text(std::span<const std::size_t> shape);

}  // namespace runnel::npy
