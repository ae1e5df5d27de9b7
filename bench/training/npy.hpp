/// The arrays that the training programs read: little-endian .npy of a known type.
#pragma once
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace runnel::bench {

/// All numbers of an array, as they lie in the file. Throws where the file is missing or its type is not `descr`
/// ("<u2").
template <class T> std::vector<T> read_npy(const std::string& path, const std::string& descr) {
    std::ifstream file(path, std::ios::binary);
    char magic[10];
    if (!file.read(magic, sizeof magic)) throw std::runtime_error(path + ": cannot be read");
    const std::size_t length = static_cast<unsigned char>(magic[8]) + 256u * static_cast<unsigned char>(magic[9]);
    std::string header(length, ' ');
    file.read(header.data(), std::streamsize(length));
    if (header.find("'" + descr + "'") == std::string::npos) throw std::runtime_error(path + ": type is not " + descr);
    const auto start = file.tellg();
    file.seekg(0, std::ios::end);
    std::vector<T> values(std::size_t(file.tellg() - start) / sizeof(T));
    file.seekg(start);
    file.read(reinterpret_cast<char*>(values.data()), std::streamsize(values.size() * sizeof(T)));
    if (!file) throw std::runtime_error(path + ": ends too early");
    return values;
}

}  // namespace runnel::bench
