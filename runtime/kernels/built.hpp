/// What a build of the runtime can run: all, where CMake's RUNNEL_FORMATS and RUNNEL_CELLS do not say otherwise. Bit i
/// stands for number i of `Format` and `Cell` in schemas/model.fbs. The kernels of what is left out are null, and models
/// that need them are refused when they are loaded.
#pragma once
#include <type_traits>

#ifndef RUNNEL_BUILT_FORMATS
#define RUNNEL_BUILT_FORMATS ~0u
#endif
#ifndef RUNNEL_BUILT_CELLS
#define RUNNEL_BUILT_CELLS ~0u
#endif

namespace runnel {

/// Numbers that no bit stands for are unknown to every build: not this question's matter.
constexpr bool is_built_format(unsigned format) { return format > 31 || (RUNNEL_BUILT_FORMATS >> format & 1); }
constexpr bool is_built_cell(unsigned cell) { return cell > 31 || (RUNNEL_BUILT_CELLS >> cell & 1); }

/// Always null or false.
template <class T> struct Null {
    constexpr Null() = default;
    constexpr Null(T) {}
    constexpr operator T() const { return {}; }
    constexpr T operator->() const { return {}; }
};

/// What only fixed models have; constantly null in a build without them, so that nothing behind it is linked.
template <class T> using IfFixed = std::conditional_t<is_built_format(5), T, Null<T>>;

}  // namespace runnel
