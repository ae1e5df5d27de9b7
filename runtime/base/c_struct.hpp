/// C structures that grow from version to version: struct_size, their first field, says how much of one a caller knows.
#pragma once
#include <stddef.h>

namespace runnel {

/// Fills as much of a caller's structure as both know, and what the caller alone knows with zeros.
template <class T> void fill(T& to, T from) {
    static_assert(offsetof(T, struct_size) == 0);
    const size_t size = to.struct_size, known = size < sizeof from ? size : sizeof from;
    if (size < sizeof size) return;
    from.struct_size = size;
    __builtin_memcpy(&to, &from, known);
    __builtin_memset(reinterpret_cast<unsigned char*>(&to) + known, 0, size - known);
}

/// Reads a caller's structure over the defaults in `to`. False: it is smaller than `first`, its size in the first
/// version, or larger than is known here.
template <class T> [[nodiscard]] bool take(const T& from, size_t first, T& to) {
    static_assert(offsetof(T, struct_size) == 0);
    if (from.struct_size < first || from.struct_size > sizeof to) return false;
    __builtin_memcpy(&to, &from, from.struct_size);
    return true;
}

/// The size that a structure had when `field` was its last one.
#define RUNNEL_SIZE_UP_TO(type, field) (offsetof(type, field) + sizeof(type::field))

}  // namespace runnel
