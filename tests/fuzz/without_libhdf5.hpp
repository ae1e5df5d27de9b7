/// See without_libhdf5.cpp.
#pragma once
#include "formats/file.hpp"

namespace runnel::fuzz {

/// Of the file that is read next.
extern thread_local converter::Bytes sent_by_child;

/// What is taken for an HDF5 file: what one begins with.
converter::Bytes hdf5_file();

}  // namespace runnel::fuzz
