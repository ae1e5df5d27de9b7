// A million steps without one system call and without one call of the allocator: the child runs under seccomp's
// strict mode, in which anything but write and exit kills it, and with malloc and operator new trapped.
#include <doctest/doctest.h>

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/isa.hpp"

using namespace runnel;

namespace {
volatile bool trapped = false;

[[noreturn]] void leave(int code) {
    syscall(SYS_exit, code);
    __builtin_unreachable();
}
}  // namespace

extern "C" void* __libc_malloc(std::size_t);
extern "C" void* malloc(std::size_t size) {
    if (trapped) leave(3);
    return __libc_malloc(size);
}

namespace {

int run_quietly(const test::FileImage& file, bool cheat) {
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    const std::uint32_t inputs = model.info().inputs;
    const std::vector<float> x(inputs, 0.25f);
    std::vector<unsigned char> saved(session->state_bytes());
    const bool tokens = model.info().takes_tokens;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(4);
        trapped = true;
        float sum = 0;
        for (std::uint32_t t = 0; t < 1'000'000; ++t) {
            const Status status = tokens ? session->step(t % inputs) : session->step(x.data(), x.size());
            if (status != Status::ok) leave(5);
            sum += session->output()[0];
            if (t % 1000 == 0 && session->save_state(saved.data(), saved.size()) != Status::ok) leave(6);
            if (t % 1000 == 1 && session->restore_state(saved.data(), saved.size()) != Status::ok) leave(7);
            if (t % 10'000 == 0) session->reset();
        }
        if (cheat) {
            void* volatile p = std::malloc(64);
            (void)p;
        }
        leave(sum == sum ? 0 : 8);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a million steps make no system call and allocate nothing") {
    CHECK(run_quietly(test::file_of(test::token_graph(schema::Cell::gru)), false) == 0);
    CHECK(run_quietly(test::file_of(test::feature_graph(schema::Cell::lstm)), false) == 0);
    CHECK(run_quietly(test::fixed_file_of(test::token_graph(schema::Cell::gru)), false) == 0);
    const auto fixed8 = test::fixed_file_of(test::feature_graph(schema::Cell::lstm), schema::Format::fixed8);
    CHECK(run_quietly(fixed8, false) == 0);
}

TEST_CASE("the trap would see an allocation") {
    CHECK(run_quietly(test::file_of(test::token_graph(schema::Cell::simple_rnn)), true) == 3);
}
