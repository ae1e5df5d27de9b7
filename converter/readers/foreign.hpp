/// Files that are often taken for a trained model, and what makes a readable file of them.
#pragma once
#include <filesystem>
#include <string>

#include "formats/file.hpp"

namespace runnel::converter {

/// What the file is and the way to a readable one: "is a Git LFS pointer, ...: git lfs pull"; "" for what is not known,
/// and for what may be a model that a reader knows. Nothing in the file is executed or unpickled.
std::string foreign_file(const Bytes& bytes);

/// The same of a folder, of which nothing but names is read.
std::string foreign_folder(const std::filesystem::path& folder);

}  // namespace runnel::converter
