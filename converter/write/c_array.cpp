#include "write/c_array.hpp"

#include <cctype>
#include <filesystem>

namespace runnel::converter {

std::string c_array(const std::string& file_name, const std::string& comment, std::span<const std::uint8_t> bytes) {
    std::string name;
    for (const char c : std::filesystem::path(file_name).stem().string())
        name += std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128 ? c : '_';
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "model_" + name;

    std::string text = "/* " + comment + " */\n#ifndef RUNNEL_" + name + "_H\n#define RUNNEL_" + name + "_H\n\n";
    text += "#ifdef __cplusplus\nalignas(64)\n#else\n_Alignas(64)\n#endif\n";
    text += "static const unsigned char " + name + "[" + std::to_string(bytes.size()) + "] = {";
    text.reserve(text.size() + bytes.size() * 4 + bytes.size() / 20);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i % 24 == 0) text += "\n    ";
        text += std::to_string(bytes[i]) + ",";
    }
    return text + "\n};\nenum { " + name + "_size = " + std::to_string(bytes.size()) + " };\n\n#endif\n";
}

}  // namespace runnel::converter
