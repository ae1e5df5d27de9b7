#include "program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <utility>

extern char** environ;

namespace runnel::test {

Result run(const std::vector<std::string>& arguments, const std::string& input) {
    std::vector<std::string> words{RUNNEL_TOOL};
    if (const std::string emulator = RUNNEL_EMULATOR; !emulator.empty()) words.insert(words.begin(), emulator);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(std::move(words), input);
}

Result run_program(std::vector<std::string> words, const std::string& input) {
    const Folder folder;
    write_file(folder.file("in"), {input.begin(), input.end()});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string out = folder.file("out"), err = folder.file("err"), in = folder.file("in");
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(error == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), contents(out), contents(err)};
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
