/// What the targets of Keras' readers share.
#pragma once
#include <array>

#include "error.hpp"
#include "fuzz.hpp"
#include "readers/keras.hpp"
#include "runnel/runnel.hpp"
#include "write/pack.hpp"

namespace runnel::fuzz {

/// Runs a reader, which either makes a graph that the runtime takes once it is packed, or throws an Error.
template <class Read> void convert(Read read) {
    try {
        const converter::Import import = read();
        const converter::FileImage file = converter::pack(import.graph, {});
        converter::check_loads(file, import.graph);
    } catch (const converter::Error&) {
    }
}

inline converter::Bytes bytes_of(const std::uint8_t* data, std::size_t size) {
    const auto* begin = reinterpret_cast<const std::byte*>(data);
    return {begin, begin + size};
}

/// The parts of an input of several, each with its length in 4 bytes in front; those that are missing are empty.
template <std::size_t N> std::array<converter::Bytes, N> parts_of(const std::uint8_t* data, std::size_t size) {
    std::array<converter::Bytes, N> parts;
    for (converter::Bytes& part : parts) {
        std::uint32_t length = 0;
        if (size < sizeof length) break;
        std::memcpy(&length, data, sizeof length);
        data += sizeof length, size -= sizeof length;
        if (length > size) length = std::uint32_t(size);
        part = bytes_of(data, length);
        data += length, size -= length;
    }
    return parts;
}

}  // namespace runnel::fuzz
