#include "progress.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include "common/terminal.hpp"

namespace runnel {

Progress::Progress(std::string label, std::size_t total)
    : label_(std::move(label)), total_(total), visible_(::isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()), next_(start_ + std::chrono::milliseconds(300)) {}

Progress::~Progress() {
    if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::advance(std::size_t units) {
    if (const int signal = signals_.received()) throw Interrupted{signal};
    done_ += units;
    if (visible_ && std::chrono::steady_clock::now() >= next_) draw();
}

void Progress::draw() {
    const auto now = std::chrono::steady_clock::now();
    next_ = now + std::chrono::milliseconds(100);
    drawn_ = true;
    const double fraction = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const double left = std::chrono::duration<double>(now - start_).count() * (1 - fraction) / fraction;
    std::fprintf(stderr, "\r%s %s %3.0f %%  %.0f s left  %s\033[K", label_.c_str(), bar(fraction, 30).c_str(),
                 100 * fraction, left, note_.c_str());
}

}  // namespace runnel
