#include "write/c_array.hpp"

#include <cctype>
#include <filesystem>

#include "error.hpp"
#include "model/plan.hpp"

namespace runnel::converter {
namespace {

/// A name that C allows, made of the file's.
std::string identifier(const std::string& file_name) {
    std::string name;
    for (const char c : std::filesystem::path(file_name).stem().string())
        name += std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128 ? c : '_';
    return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "model_" + name : name;
}

/// The machines for which sizes of this one suffice: those whose pointers are not larger.
constexpr const char* machines = sizeof(void*) > 4 ? "of 32 or 64 bits" : "of 32 bits";

/// The constants. Sizes are those of this machine with the instruction set that needs most.
std::string constants(const std::string& name, std::span<const std::uint8_t> bytes) {
    Model model;
    if (const Status status = model.load(bytes.data(), bytes.size()); status != Status::ok)
        throw Error(std::string("cannot be written as a C array: ") + message(status));
    const ModelInfo info = model.info();
    const std::size_t session = most_session_bytes(model), head = Batch::bytes(model, 1) - Session::bytes(model);
    std::string text;
    const auto add = [&](const char* what, std::size_t value, const std::string& comment) {
        text += "    " + name + what + " = " + std::to_string(value) + ", /* " + comment + " */\n";
    };
    text += "/* Blocks of these sizes, at multiples of 64 bytes, are large enough for Runnel " RUNNEL_VERSION
            " on every machine " +
            std::string(machines) +
            ",\n * with any instruction set; runnel_model_bytes, "
            "runnel_session_bytes and runnel_batch_bytes tell what the machine\n * at hand needs. Where that is more, "
            "load and create answer RUNNEL_BLOCK_TOO_SMALL. */\nenum {\n";
    add("_size", bytes.size(), "of the array");
    add("_model_bytes", sizeof(Model), "block of runnel_model_load");
    add("_session_bytes", session, "block of runnel_session_create");
    add("_batch_head_bytes", head, "block of runnel_batch_create: this and, for each stream,");
    add("_batch_stream_bytes", session, "this");
    add("_takes_tokens", info.takes_tokens, "1: a step takes a token; 0: features");
    add("_inputs", info.inputs, "features of a step, or number of tokens");
    add("_outputs", info.outputs, "values of an answer");
    return text + "};\n";
}

}  // namespace

std::string c_array(const std::string& file_name, const std::string& comment, std::span<const std::uint8_t> bytes) {
    const std::string name = identifier(file_name), guard = "RUNNEL_MODEL_" + name + "_H";
    std::string text = "/* " + comment + " */\n#ifndef " + guard + "\n#define " + guard + "\n\n";
    text += "#ifdef __cplusplus\nalignas(64)\n#else\n_Alignas(64)\n#endif\n";
    text += "static const unsigned char " + name + "[" + std::to_string(bytes.size()) + "] = {";
    text.reserve(text.size() + bytes.size() * 4 + bytes.size() / 20);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i % 24 == 0) text += "\n    ";
        text += std::to_string(bytes[i]) + ",";
    }
    return text + "\n};\n\n" + constants(name, bytes) + "\n#endif\n";
}

}  // namespace runnel::converter
