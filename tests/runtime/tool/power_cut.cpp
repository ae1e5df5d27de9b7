#include "power_cut.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "runtime/common/traced.hpp"

namespace runnel::test {
namespace {

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

Outcome cut_power(const std::string& folder, std::size_t stop, const std::function<void()>& work) {
    Disk disk;
    {
        Traced child(work);
        for (std::size_t i = 0;; ++i) {
            const auto call = child.next();
            if (!call) {
                REQUIRE(child.exit_code() == 0);
                return disk.synced() ? Outcome::finished : Outcome::unsynced;
            }
            if (i == stop) break;  // a call that was entered is not made
            if (call->op == PTRACE_SYSCALL_INFO_ENTRY) disk.entering(child.id(), *call);
            else disk.leaving();
        }
    }
    disk.lose(folder);
    return Outcome::cut;
}

}  // namespace runnel::test
