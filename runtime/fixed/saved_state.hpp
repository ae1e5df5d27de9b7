/// A sequence's state as bytes. `each(f)` calls f(h or cell, count) for each vector of it, in order.
#pragma once
#include "layers.hpp"

namespace runnel::fixed {

/// Bound on the LSTM's cell state (kernels/fixed_lstm.hpp, general_cells.cpp).
inline constexpr int32_t cell_limit = (1 << 27) - 1;

template <class Each> size_t state_bytes(Each each) {
    size_t bytes = 0;
    each([&](const auto* values, uint32_t count) { bytes += count * sizeof *values; });
    return bytes;
}

template <class Each> void save_state(Each each, void* to) {
    auto* at = static_cast<unsigned char*>(to);
    each([&](const auto* values, uint32_t count) {
        __builtin_memcpy(at, values, count * sizeof *values);
        at += count * sizeof *values;
    });
}

/// False: no sequence can have this state; nothing has changed.
template <class Each> [[nodiscard]] bool restore_state(Each each, const void* from) {
    const auto* at = static_cast<const unsigned char*>(from);
    bool good = true;
    each([&]<class T>(const T*, uint32_t count) {
        constexpr int32_t limit = sizeof(T) == sizeof(int16_t) ? INT16_MAX : cell_limit;
        for (uint32_t i = 0; i < count; ++i, at += sizeof(T)) {
            T value;
            __builtin_memcpy(&value, at, sizeof value);
            good &= value >= -limit && value <= limit;
        }
    });
    if (!good) return false;
    at = static_cast<const unsigned char*>(from);
    each([&](auto* values, uint32_t count) {
        __builtin_memcpy(values, at, count * sizeof *values);
        at += count * sizeof *values;
    });
    return true;
}

}  // namespace runnel::fixed
