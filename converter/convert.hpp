/// From a file of another framework to a Runnel model.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "quantize/quantize.hpp"

namespace runnel::converter {

struct Options {
    std::filesystem::path input, output;
    bool fresh = false;      ///< `input` is an architecture (Keras' model.to_json()): its weights are initialised
    std::uint64_t seed = 1;  ///< of the weights, where `fresh`
    std::optional<std::filesystem::path> architecture;  ///< of `input`, where that holds weights alone
    std::optional<std::filesystem::path> vocabulary;  ///< one word per line; the line's number from 0 is the token
    std::optional<std::filesystem::path> labels;      ///< one name per line, for each output
    std::optional<std::uint32_t> start_token, unknown_token;
    std::uint32_t spare_tokens = 0;  ///< rows for words to be learned; needs `vocabulary` and `unknown_token`
    Formats formats;
    std::optional<std::string> calibrate;  ///< .npy: input that shows the ranges of the network's numbers
    std::optional<std::string> targets;    ///< .npy: the outputs expected for it, for the reports
    std::vector<std::filesystem::path> reports;  ///< .html or .json; need `calibrate`
    std::string command;                         ///< the command line, for the reports
};

/// Converts and writes; an `output` that ends in .h becomes a C array. Returns the summary to print.
/// Throws Error, naming the file, and has then written nothing.
std::string convert(const Options& options);

}  // namespace runnel::converter
