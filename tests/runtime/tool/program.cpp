#include "program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

extern char** environ;

namespace runnel::test {
namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

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

Folder::Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "runnel.XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string Folder::model(const TinyModel& model, const std::string& name) const {
    write_file(file(name), build(model));
    return file(name);
}

std::size_t Folder::entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
}

}  // namespace runnel::test
