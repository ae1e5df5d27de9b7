/// A piece of work in a process of its own that stands still at every system call.
#pragma once
#include <sys/ptrace.h>
#include <sys/types.h>

#include <functional>
#include <optional>

namespace runnel::test {

class Traced {
public:
    /// Whether a process may be traced here (not in an emulator).
    static bool possible();

    /// `work` runs in a child with a copy of this process' memory, which stands still before it.
    explicit Traced(const std::function<void()>& work);
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;
    /// Kills the child if it has not ended. Where it stands before a system call, that is not made.
    ~Traced();

    pid_t id() const { return child_; }
    /// Lets it go on to before or behind a system call, or to its end: then nothing.
    std::optional<__ptrace_syscall_info> next();
    /// With what it ended; 0 for work that came to its end.
    int exit_code() const { return exit_code_; }

private:
    pid_t child_;
    bool ended_ = false;
    int exit_code_ = -1;
};

}  // namespace runnel::test
