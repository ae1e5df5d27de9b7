#include "formats/isolated.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "error.hpp"

namespace runnel::converter {
namespace {

constexpr rlim_t seconds = 120;
constexpr std::byte done{0}, refused{1};  // first byte of what the child sends

void send(int pipe, const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t sent = ::write(pipe, at, size);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) ::_exit(1);
        at += sent, size -= static_cast<std::size_t>(sent);
    }
}

/// A crash here is expected and nobody's news: no handler, no core file.
[[noreturn]] void child(const std::function<Bytes()>& work, int pipe) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGPIPE}) std::signal(signal, SIG_DFL);
    const rlimit none{0, 0}, time{seconds, seconds};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_CPU, &time);
    try {
        const Bytes result = work();
        send(pipe, &done, 1);
        send(pipe, result.data(), result.size());
    } catch (const Error& error) {
        send(pipe, &refused, 1);
        send(pipe, error.what(), std::strlen(error.what()));
    } catch (...) {
        ::_exit(1);
    }
    ::_exit(0);
}

Bytes receive(int pipe) {
    Bytes bytes;
    for (std::size_t have = 0;;) {
        bytes.resize(have + std::clamp<std::size_t>(have, 1 << 16, 1 << 26));
        const ssize_t got = ::read(pipe, bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) continue;
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
        if (got > 0) continue;
        bytes.resize(have);
        return bytes;
    }
}

}  // namespace

Bytes run_isolated(const std::function<Bytes()>& work, const std::string& broken) {
    int ends[2];
    if (::pipe(ends) != 0) throw Error(std::string("no pipe can be made: ") + std::strerror(errno));
    const pid_t process = ::fork();
    if (process == 0) {
        ::close(ends[0]);
        child(work, ends[1]);
    }
    ::close(ends[1]);
    Bytes bytes;
    if (process > 0) bytes = receive(ends[0]);
    ::close(ends[0]);
    if (process < 0) throw Error(std::string("no process can be made: ") + std::strerror(errno));
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    if (status != 0 || bytes.empty()) throw Error(broken);
    if (bytes.front() == refused)
        throw Error(std::string(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1));
    bytes.erase(bytes.begin());
    return bytes;
}

}  // namespace runnel::converter
