/// See without_libhdf5.cpp.
#pragma once
#include "formats/file.hpp"

namespace runnel::fuzz {

/// Of the file that is read next.
extern thread_local converter::Bytes sent_by_child;

/// What an HDF5 file begins with.
inline constexpr char hdf5_magic[] = "\x89HDF\r\n\x1a\n";

}  // namespace runnel::fuzz
