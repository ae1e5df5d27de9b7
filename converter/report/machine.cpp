#include "report/machine.hpp"

#include <array>
#include <ctime>
#include <fstream>

#include "common/text.hpp"

namespace runnel::converter {

std::string cpu_name(std::istream& cpuinfo) {
    for (std::string line; std::getline(cpuinfo, line);) {
        const std::size_t colon = line.find(": ");
        if (colon != std::string::npos && (line.starts_with("model name") || line.starts_with("Model")))
            return excerpt(line.substr(colon + 2));
    }
    return "unknown processor";
}

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    return cpu_name(file);
}

std::string local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    std::array<char, 32> text{};
    if (localtime_r(&now, &local)) std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &local);
    return text.data();
}

}  // namespace runnel::converter
