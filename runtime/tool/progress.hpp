/// Long work: a bar on standard error if that is a terminal, and Ctrl-C as an exception.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "signals.hpp"

namespace runnel {

/// Thrown by Progress::advance after SIGINT, SIGTERM or SIGHUP.
struct Interrupted {
    int signal;
};

/// While one lives, these signals are caught instead of ending the process.
class Progress {
public:
    /// `total`: about how many units of work. The bar appears once the work has lasted for 0.3 s.
    Progress(std::string label, std::size_t total);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void advance(std::size_t units = 1);
    /// Whether there is a bar to see.
    bool visible() const { return visible_; }
    /// Text to the right of the bar.
    void note(std::string text) { note_ = std::move(text); }

private:
    void draw();

    CaughtSignals signals_;
    std::string label_, note_;
    std::size_t total_, done_ = 0;
    bool visible_, drawn_ = false;
    std::chrono::steady_clock::time_point start_, next_;
};

}  // namespace runnel
