/// The three ways to run a model.
#pragma once
#include <span>
#include <string>

#include "command.hpp"
#include "live_stream.hpp"
#include "model_file.hpp"

namespace runnel {

struct RunOptions : CommonOptions {
    std::string text, input, output, patch;
    bool every_step = false;
    LiveOptions live;
};

/// The steps of a text's tokens.
void run_text(LoadedModel& loaded, const RunOptions& options);
/// The sequences of a .npy file, each from zero state.
void run_input(LoadedModel& loaded, const RunOptions& options);
/// A step for each line of standard input; an empty line resets.
void run_live(LoadedModel& loaded, const RunOptions& options);

/// The label of an output, or "output 3"; "answer" if it is the only one and has no label.
std::string output_name(const LoadedModel& loaded, std::size_t index);

/// The answer as a JSON array.
std::string json_text(std::span<const float> answer);

}  // namespace runnel
