#include "progress.hpp"

#include <csignal>
#include <doctest/doctest.h>

using runnel::Interrupted;
using runnel::Progress;

namespace {

void (*handler_of(int signal))(int) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    return action.sa_handler;
}

}  // namespace

TEST_CASE("a signal during long work becomes an exception at its next step") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction fresh {};
        fresh.sa_handler = SIG_DFL;
        ::sigaction(signal, &fresh, nullptr);
        {
            Progress progress("testing", 2);
            CHECK_NOTHROW(progress.advance());
            std::raise(signal);
            CHECK_THROWS_AS(progress.advance(), Interrupted);
        }
        CHECK((handler_of(signal) == SIG_DFL));
        CHECK_NOTHROW(Progress("again", 1).advance());
    }
}

TEST_CASE("a signal that the parent ignores stays ignored") {
    std::signal(SIGHUP, SIG_IGN);
    {
        Progress progress("testing", 1);
        std::raise(SIGHUP);
        CHECK_NOTHROW(progress.advance());
    }
    CHECK((handler_of(SIGHUP) == SIG_IGN));
    std::signal(SIGHUP, SIG_DFL);
}
