/// Runs the built programs.
#pragma once
#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/tiny_model.hpp"

namespace runnel::test {

struct Result {
    int exit_code;   ///< negative: ended by that signal
    std::string out, err;
};

/// Runs a program of this machine. Its environment is the test's own.
Result run_program(std::vector<std::string> program_and_arguments, const std::string& input = "");

/// Runs `runnel` with these arguments and this standard input.
Result run(const std::vector<std::string>& arguments, const std::string& input = "");

/// `runnel` with these arguments while it runs: its standard input and output are pipes.
class LiveProgram {
public:
    explicit LiveProgram(const std::vector<std::string>& arguments);
    LiveProgram(const LiveProgram&) = delete;
    LiveProgram& operator=(const LiveProgram&) = delete;
    /// Kills it if it has not ended.
    ~LiveProgram();

    /// What it answers to a line; empty if it ended without an answer.
    std::string answer(const std::string& line);
    /// The next line of its output; empty if it ended without one.
    std::string line();
    /// Ends its input and waits; the exit code, negative: the signal that ended it.
    int end();
    /// Ends it as nothing can be caught or delayed.
    void kill();

private:
    pid_t child_ = 0;
    std::FILE *to_ = nullptr, *from_ = nullptr;
};

/// Runs `runnel-convert` with these arguments.
Result convert(std::vector<std::string> arguments);

/// Converts `source` to the file `to`, whose path it returns.
std::string converted(const std::string& source, const std::string& to, const std::vector<std::string>& options = {});

/// Writes a model and returns its path.
inline std::string written(const Folder& folder, const TinyModel& model, const std::string& name = "tiny.rnl") {
    write_file(folder.file(name), build(model));
    return folder.file(name);
}

/// The model of tiny_model.py's first lines: reads reviews of a few words.
inline TinyModel classifier() {
    return {.tokens = 7, .inputs = 3, .units = 5, .outputs = 1,
            .vocabulary = {"<pad>", "<start>", "<unknown>", "the", "film", "was", "good"},
            .start_token = 1, .unknown_token = 2};
}

/// The model of tiny_model.py's other lines: takes four features or one-hot tokens, answers at every step.
inline TinyModel tagger() {
    return {.tokens = 0, .inputs = 4, .units = 9, .outputs = 3, .returns_sequence = true,
            .labels = {"noun", "verb", "other"}};
}

}  // namespace runnel::test
