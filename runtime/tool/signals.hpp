/// Ctrl-C and its like as something that can be asked for.
#pragma once

namespace runnel {

/// While one lives, SIGINT, SIGTERM and SIGHUP are noted instead of ending the process. They may be nested.
class CaughtSignals {
public:
    CaughtSignals();
    CaughtSignals(const CaughtSignals&) = delete;
    CaughtSignals& operator=(const CaughtSignals&) = delete;
    ~CaughtSignals();

    /// The last signal since the outermost one was made; 0: none.
    int received() const;
};

}  // namespace runnel
