#include "power_cut.hpp"

#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace runnel::test {
namespace {

/// A child that stands still until it is let go. It shall be killed or waited for.
pid_t start(const std::function<void()>& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
        std::raise(SIGSTOP);
        work();
        ::_exit(0);
    }
    return child;
}

/// What a power cut now would undo.
class Disk {
public:
    void entering(pid_t child, const __ptrace_syscall_info& call) {
        number_ = call.entry.nr;
        fd_ = "/proc/" + std::to_string(child) + "/fd/" + std::to_string(static_cast<int>(call.entry.args[0]));
        switch (number_) {
        case SYS_write:
            dirty_.insert(inode(fd_));
            break;
#ifdef SYS_rename
        case SYS_rename:
#endif
        case SYS_renameat:
        case SYS_renameat2:
            names_ = true;
            break;
        }
    }
    void leaving() {
        if (number_ != SYS_fsync) return;
        if (std::filesystem::is_directory(fd_)) names_ = false;
        else dirty_.erase(inode(fd_));
    }
    bool synced() const { return dirty_.empty() && !names_; }
    void lose(const std::string& folder) const {
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            if (dirty_.contains(inode(entry.path()))) std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
    }

private:
    static ino_t inode(const std::string& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) throw std::runtime_error(path);
        return status.st_ino;
    }

    std::uint64_t number_ = 0;
    std::string fd_;
    std::set<ino_t> dirty_;
    bool names_ = false;  ///< changed since a folder was synced
};

}  // namespace

bool can_cut_power() {
    const pid_t child = start([] {});
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) return false;
    __ptrace_syscall_info call{};
    const bool can = ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) > 0;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return can;
}

Outcome cut_power(const std::string& folder, std::size_t stop, const std::function<void()>& work) {
    const pid_t child = start(work);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSTOPPED(status));
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    Disk disk;
    for (std::size_t i = 0;; ++i) {
        REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) {
            REQUIRE(WEXITSTATUS(status) == 0);
            return disk.synced() ? Outcome::finished : Outcome::unsynced;
        }
        REQUIRE((WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)));
        __ptrace_syscall_info call{};
        REQUIRE(::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) > 0);
        if (i == stop) break;  // a call that was entered is not made
        if (call.op == PTRACE_SYSCALL_INFO_ENTRY) disk.entering(child, call);
        else disk.leaving();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    disk.lose(folder);
    return Outcome::cut;
}

}  // namespace runnel::test
