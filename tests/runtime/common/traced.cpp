#include "traced.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <doctest/doctest.h>

namespace runnel::test {

bool Traced::possible() {
    const Traced nothing([] {});
    __ptrace_syscall_info call{};
    return ::ptrace(PTRACE_GET_SYSCALL_INFO, nothing.child_, sizeof call, &call) > 0;
}

Traced::Traced(const std::function<void()>& work) : child_(::fork()) {
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
        std::raise(SIGSTOP);
        work();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    ended_ = !WIFSTOPPED(status);
    if (!ended_) ::ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
}

Traced::~Traced() {
    if (ended_) return;
    int status = 0;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, &status, 0);
}

std::optional<__ptrace_syscall_info> Traced::next() {
    REQUIRE_FALSE(ended_);
    int status = 0;
    REQUIRE(::ptrace(PTRACE_SYSCALL, child_, nullptr, nullptr) == 0);
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    if (WIFEXITED(status)) {
        ended_ = true;
        exit_code_ = WEXITSTATUS(status);
        return std::nullopt;
    }
    REQUIRE((WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)));
    __ptrace_syscall_info call{};
    REQUIRE(::ptrace(PTRACE_GET_SYSCALL_INFO, child_, sizeof call, &call) > 0);
    return call;
}

}  // namespace runnel::test
