/// What the targets of Keras' readers share.
#pragma once
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

}  // namespace runnel::fuzz
