#include "program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <doctest/doctest.h>
#include <utility>

extern char** environ;

namespace runnel::test {

namespace {

/// The command line of `runnel`.
std::vector<std::string> tool(const std::vector<std::string>& arguments) {
    std::vector<std::string> words{RUNNEL_TOOL};
    if (const std::string emulator = RUNNEL_EMULATOR; !emulator.empty()) words.insert(words.begin(), emulator);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

/// Starts a program; the actions are gone then.
pid_t started(std::vector<std::string> words, posix_spawn_file_actions_t& actions) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(error == 0);
    return child;
}

/// Its exit code, negative: the signal that ended it.
int waited_for(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Result run(const std::vector<std::string>& arguments, const std::string& input) {
    return run_program(tool(arguments), input);
}

Result run_program(std::vector<std::string> words, const std::string& input) {
    const Folder folder;
    write_file(folder.file("in"), {input.begin(), input.end()});
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string out = folder.file("out"), err = folder.file("err"), in = folder.file("in");
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
    const int exit_code = waited_for(started(std::move(words), actions));
    return {exit_code, contents(out), contents(err)};
}

LiveProgram::LiveProgram(const std::vector<std::string>& arguments) {
    int in[2], out[2];
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    child_ = started(tool(arguments), actions);
    ::close(in[0]);
    ::close(out[1]);
    to_ = ::fdopen(in[1], "w");
    from_ = ::fdopen(out[0], "r");
    std::signal(SIGPIPE, SIG_IGN);  // a program that has ended shows by its missing answer
}

LiveProgram::~LiveProgram() {
    if (child_ > 0) kill();
}

std::string LiveProgram::answer(const std::string& line) {
    if (std::fprintf(to_, "%s\n", line.c_str()) < 0 || std::fflush(to_) != 0) return {};
    return this->line();
}

std::string LiveProgram::line() {
    std::string text;
    for (int c; (c = std::fgetc(from_)) != EOF && c != '\n';) text += static_cast<char>(c);
    return text;
}

int LiveProgram::end() {
    std::fclose(to_);
    const int exit_code = waited_for(child_);
    std::fclose(from_);
    child_ = 0;
    return exit_code;
}

void LiveProgram::kill() {
    ::kill(child_, SIGKILL);
    (void)end();
}

Result convert(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RUNNEL_CONVERT);
    return run_program(std::move(arguments));
}

std::string converted(const std::string& source, const std::string& to, const std::vector<std::string>& options) {
    std::vector<std::string> arguments{source, "-o", to};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Result result = convert(std::move(arguments));
    REQUIRE_MESSAGE(result.exit_code == 0, result.err);
    return to;
}

}  // namespace runnel::test
