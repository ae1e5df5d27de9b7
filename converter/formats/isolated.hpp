/// Work that may crash, in a process of its own.
#pragma once
#include <functional>
#include <string>

#include "formats/file.hpp"

namespace runnel::converter {

/// Runs `work` in a child process and returns its result. An Error that it throws is thrown here; if the child dies
/// (or computes for longer than two minutes), Error says `broken`.
Bytes run_isolated(const std::function<Bytes()>& work, const std::string& broken);

}  // namespace runnel::converter
