/// Model files whose checksum is made to fit.
#pragma once
#include <cstdint>
#include <cstring>

#include "base/checksum.hpp"
#include "model_generated.h"

namespace runnel::test {

/// Where the 8 bytes of the checksum lie in a file whose structure is good; `size` if they are left out.
inline std::size_t checksum_position(const unsigned char* file, std::size_t size) {
    const auto* table = reinterpret_cast<const flatbuffers::Table*>(schema::GetModel(file));
    const auto* field = table->GetAddressOf(schema::Model::VT_CHECKSUM);
    return field ? std::size_t(field - file) : size;
}

/// Gives the file the checksum that fits, if it has the structure of a model and a place for it.
inline void seal(unsigned char* file, std::size_t size) {
    flatbuffers::Verifier verifier(file, size);
    if (size < 16 || !schema::ModelBufferHasIdentifier(file) || !schema::VerifyModelBuffer(verifier)) return;
    const std::size_t at = checksum_position(file, size);
    if (at == size) return;
    const std::uint64_t sum = checksum(file, size, at);
    std::memcpy(file + at, &sum, sizeof sum);
}

}  // namespace runnel::test
