/// libhdf5's side of Hdf5File. It may crash on a damaged file.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/file.hpp"

namespace runnel::converter {

/// All objects of the file by their paths ("" is the root), each one of
///   {"link": true}                                                       a soft or external link
///   {"attributes": {name: [strings]}}                                    a group
///   {"shape": [...], "floats": binary, "attributes": {name: [strings]}}  an array
/// where "problem": why, instead of the strings or the floats, stands for what cannot be used.
/// Throws Error if the bytes are not an HDF5 file.
nlohmann::json read_hdf5_objects(const Bytes& bytes, const std::vector<std::string>& ignored);

}  // namespace runnel::converter
