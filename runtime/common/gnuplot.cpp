#include "gnuplot.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

extern char** environ;

namespace runnel {
namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File scratch_file() {
    File file(std::tmpfile());
    if (!file) throw std::runtime_error(std::string("no temporary file can be made: ") + std::strerror(errno));
    return file;
}

/// Runs gnuplot from one file to another. Returns whether it succeeded.
bool run(std::FILE* script, std::FILE* drawing) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(drawing), STDOUT_FILENO);
    std::array<char, 8> program{"gnuplot"}, no_settings{"-d"};
    const std::array<char*, 3> arguments{program.data(), no_settings.data(), nullptr};
    pid_t process = 0;
    const int error = posix_spawnp(&process, program.data(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error == ENOENT)
        throw std::runtime_error("gnuplot draws plots, but it is not installed: apt-get install gnuplot-nox");
    if (error != 0) throw std::runtime_error(std::string("gnuplot cannot be started: ") + std::strerror(error));
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string contents(std::FILE* file) {
    std::string text;
    std::array<char, 4096> part{};
    std::rewind(file);
    for (std::size_t n; (n = std::fread(part.data(), 1, part.size(), file)) > 0;) text.append(part.data(), n);
    return text;
}

}  // namespace

std::string gnuplot(const std::string& script, int height) {
    const std::string whole =
        "set terminal svg size 860," + std::to_string(height) +
        " dynamic noenhanced font 'system-ui,Helvetica,sans-serif,13'\n"
        "set border 3 lc rgb '#8b959e'\nset tics nomirror scale 0.5 textcolor rgb '#4a545c'\n"
        "set grid ytics lt 1 lc rgb '#e4e8eb'\nset key outside top right horizontal textcolor rgb '#4a545c'\n" +
        script;
    const File in = scratch_file(), out = scratch_file();
    std::fwrite(whole.data(), 1, whole.size(), in.get());
    std::rewind(in.get());  // writes what is buffered
    const bool good = run(in.get(), out.get());
    const std::string drawing = contents(out.get());
    const std::size_t element = drawing.find("<svg"), end = drawing.rfind("</svg>");
    if (!good || element == std::string::npos || end == std::string::npos)
        throw std::runtime_error("gnuplot failed to draw plots");
    return drawing.substr(element, end + 6 - element);
}

std::string label(const std::string& text) {
    std::string result = text;
    for (char& c : result)
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !std::strchr(" _-.,()", c))
            c = '_';
    return result;
}

}  // namespace runnel
