#include "progress.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include "terminal.hpp"

namespace runnel {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t received = 0;

/// A signal that the parent told us to ignore (nohup) stays ignored.
void handle(void (*handler)(int)) {
    for (const int signal : signals) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler == SIG_IGN) continue;
        action.sa_handler = handler;
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace

Progress::Progress(std::string label, std::size_t total)
    : label_(std::move(label)), total_(total), visible_(::isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()), next_(start_ + std::chrono::milliseconds(300)) {
    received = 0;
    handle([](int signal) { received = signal; });
}

Progress::~Progress() {
    handle(SIG_DFL);
    if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::advance(std::size_t units) {
    if (received) throw Interrupted{received};
    done_ += units;
    if (visible_ && std::chrono::steady_clock::now() >= next_) draw();
}

void Progress::draw() {
    const auto now = std::chrono::steady_clock::now();
    next_ = now + std::chrono::milliseconds(100);
    drawn_ = true;
    const double fraction = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const double left = std::chrono::duration<double>(now - start_).count() * (1 - fraction) / fraction;
    std::fprintf(stderr, "\r%s %s %3.0f %%  %.0f s left \033[K", label_.c_str(), bar(fraction, 30).c_str(),
                 100 * fraction, left);
}

}  // namespace runnel
