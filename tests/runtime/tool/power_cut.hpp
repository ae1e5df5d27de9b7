/// Power cuts at every system call of a piece of work.
#pragma once
#include <cstddef>
#include <functional>
#include <string>

namespace runnel::test {

enum class Outcome {
    cut,       ///< the power went off at the stop
    finished,  ///< the work ended before that stop, with all it did on the disk
    unsynced,  ///< it ended, but a power cut now could undo it: bytes or names were not synced
};

/// Runs `work` in a child process of the same memory contents and ends it at a stop: even stops lie before a system
/// call, odd ones behind it. Files in `folder` that then hold bytes which were not synced lose half of what they hold.
Outcome cut_power(const std::string& folder, std::size_t stop, const std::function<void()>& work);

}  // namespace runnel::test
