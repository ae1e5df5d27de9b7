/// Long work: a bar on standard error if that is a terminal, and Ctrl-C as an exception.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace runnel {

/// Thrown by Progress::advance after SIGINT, SIGTERM or SIGHUP.
struct Interrupted {
    int signal;
};

/// While one lives, these signals are caught instead of ending the process. At most one lives at a time.
class Progress {
public:
    /// `total`: about how many units of work. The bar appears once the work has lasted for 0.3 s.
    Progress(std::string label, std::size_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void advance(std::size_t units = 1);

private:
    void draw();

    std::string label_;
    std::size_t total_, done_ = 0;
    bool visible_, drawn_ = false;
    std::chrono::steady_clock::time_point start_, next_;
};

}  // namespace runnel
