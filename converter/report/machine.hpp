/// Where and when a report was made.
#pragma once
#include <istream>
#include <string>

namespace runnel::converter {

/// The processor's name in what /proc/cpuinfo says; "unknown processor" where it does not tell.
std::string cpu_name(std::istream& cpuinfo);
/// That of this machine.
std::string cpu_name();

/// The local time: "2026-01-31 17:05".
std::string local_time();

}  // namespace runnel::converter
