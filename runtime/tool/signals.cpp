#include "signals.hpp"

#include <csignal>

namespace runnel {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t last = 0;
int living = 0;

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

CaughtSignals::CaughtSignals() {
    if (living++ > 0) return;
    last = 0;
    handle([](int signal) { last = signal; });
}

CaughtSignals::~CaughtSignals() {
    if (--living == 0) handle(SIG_DFL);
}

int CaughtSignals::received() const { return last; }

}  // namespace runnel
