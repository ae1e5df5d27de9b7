// A million steps without one system call and without one call of the allocator: the child runs under seccomp's
// strict mode, in which anything but write and exit kills it, and with every way to the heap trapped.
#include <doctest/doctest.h>

#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <new>

#include "runnel/window.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"
#include "support/isa.hpp"

using namespace runnel;

namespace {
volatile bool trapped = false;
constexpr int on_heap = 3, by_system_call = -SIGKILL;

[[noreturn]] void leave(int code) {
    syscall(SYS_exit, code);
    __builtin_unreachable();
}
void trap() {
    if (trapped) leave(on_heap);
}
}  // namespace

// glibc's own, behind the traps.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) { return trap(), __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return trap(), __libc_calloc(count, size); }
void* realloc(void* p, std::size_t size) { return trap(), __libc_realloc(p, size); }
void* memalign(std::size_t alignment, std::size_t size) { return trap(), __libc_memalign(alignment, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return trap(), __libc_memalign(alignment, size); }
int posix_memalign(void** p, std::size_t alignment, std::size_t size) {
    trap();
    *p = __libc_memalign(alignment, size);
    return *p ? 0 : ENOMEM;
}
void free(void* p) { trap(), __libc_free(p); }
}

namespace {

/// How a child ends that does this under the traps: its exit code, or a signal's number, negative.
int end_of(const std::function<void()>& work) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(4);
        trapped = true;
        work();
        leave(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

constexpr std::uint32_t steps = 1'000'000;

/// Each kind of call that may stand between or behind steps.
void run_session(Session& session, const ModelInfo& info, const std::vector<float>& x,
                 std::vector<unsigned char>& saved) {
    float sum = 0;
    for (std::uint32_t t = 0; t < steps; ++t) {
        const Status status = info.takes_tokens ? session.step(t % info.inputs) : session.step(x.data(), x.size());
        if (status != Status::ok) leave(5);
        sum += session.output()[0];
        if (t % 1000 == 0 && session.save_state(saved.data(), saved.size()) != Status::ok) leave(6);
        if (t % 1000 == 1 && session.restore_state(saved.data(), saved.size()) != Status::ok) leave(7);
        if (t % 10'000 == 0) session.reset();
        sum += float(session.saturations());
    }
    if (!(sum == sum)) leave(8);
}

int end_of_session(const test::FileImage& file) {
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    const ModelInfo info = model.info();
    const std::vector<float> x(info.inputs, 0.25f);
    std::vector<unsigned char> saved(session->state_bytes());
    return end_of([&] { run_session(*session, info, x, saved); });
}

int end_of_batch(const test::FileImage& file) {
    constexpr std::uint32_t streams = 5;
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Batch::bytes(model, streams));
    Batch* batch = nullptr;
    REQUIRE(Batch::create(model, streams, block.data(), block.size(), batch) == Status::ok);
    const std::vector<std::uint32_t> tokens{1, 2, Batch::resting, 3, 4};
    return end_of([&] {
        float sum = 0;
        for (std::uint32_t t = 0; t < steps / streams; ++t) {
            if (batch->step(tokens) != Status::ok) leave(5);
            sum += (*batch)[t % streams].output()[0];
        }
        if (!(sum == sum)) leave(8);
    });
}

int end_of_window(const test::FileImage& file) {
    constexpr std::uint32_t length = 6, hop = 2;
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Window::bytes(model, length, hop));
    Window* window = nullptr;
    REQUIRE(Window::create(model, length, hop, block.data(), block.size(), window) == Status::ok);
    return end_of([&] {
        float sum = 0;
        for (std::uint32_t t = 0; t < steps / length; ++t) {
            if (window->step(t % 50) != Status::ok) leave(5);
            if (const auto y = window->output(); !y.empty()) sum += y[0];
            if (t % 1000 == 0) window->reset();
        }
        if (!(sum == sum)) leave(8);
    });
}

/// Loading, and making a session and a batch.
int end_of_creation(const test::FileImage& file) {
    Model model;
    const test::Block block(1u << 20);
    return end_of([&] {
        Session* session = nullptr;
        Batch* batch = nullptr;
        if (model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) != Status::ok) leave(5);
        if (model.info().inputs == 0) leave(6);
        if (Session::create(model, block.data(), block.size(), session) != Status::ok) leave(7);
        if (Batch::create(model, 2, block.data(), block.size(), batch) != Status::ok) leave(8);
    });
}

}  // namespace

TEST_CASE("a million steps make no system call and allocate nothing") {
    CHECK(end_of_session(test::file_of(test::token_graph(schema::Cell::gru))) == 0);
    CHECK(end_of_session(test::file_of(test::feature_graph(schema::Cell::lstm))) == 0);
    CHECK(end_of_session(test::fixed_file_of(test::token_graph(schema::Cell::gru))) == 0);
    CHECK(end_of_session(test::fixed_file_of(test::feature_graph(schema::Cell::lstm), schema::Format::fixed8)) == 0);
}

TEST_CASE("nor do those of a batch") {
    CHECK(end_of_batch(test::file_of(test::token_graph(schema::Cell::gru))) == 0);
    CHECK(end_of_batch(test::fixed_file_of(test::token_graph(schema::Cell::gru))) == 0);
}

TEST_CASE("nor do those of a window") {
    CHECK(end_of_window(test::file_of(test::token_graph(schema::Cell::gru))) == 0);
    CHECK(end_of_window(test::fixed_file_of(test::token_graph(schema::Cell::gru))) == 0);
}

TEST_CASE("nor do loading and creation") {
    CHECK(end_of_creation(test::file_of(test::token_graph(schema::Cell::lstm))) == 0);
    CHECK(end_of_creation(test::fixed_file_of(test::feature_graph(schema::Cell::simple_rnn))) == 0);
}

TEST_CASE("the traps see every way to memory") {
    void* volatile p = std::malloc(64);
    CHECK(end_of([] {}) == 0);
    CHECK(end_of([&] { p = std::malloc(64); }) == on_heap);
    CHECK(end_of([&] { p = std::calloc(4, 16); }) == on_heap);
    CHECK(end_of([&] { p = std::realloc(p, 128); }) == on_heap);
    CHECK(end_of([&] { p = std::aligned_alloc(64, 64); }) == on_heap);
    CHECK(end_of([&] { p = ::memalign(64, 64); }) == on_heap);
    CHECK(end_of([&] {
              void* made = nullptr;
              if (::posix_memalign(&made, 64, 64) == 0) p = made;
          }) == on_heap);
    CHECK(end_of([&] { std::free(p); }) == on_heap);
    CHECK(end_of([&] { p = ::operator new(64); }) == on_heap);
    CHECK(end_of([&] { p = ::operator new(64, std::align_val_t(64)); }) == on_heap);
    CHECK(end_of([&] { ::operator delete(p); }) == on_heap);
    CHECK(end_of([&] { p = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }) == by_system_call);
    CHECK(end_of([&] { p = ::sbrk(4096); }) == by_system_call);
    CHECK(end_of([] { ::getppid(); }) == by_system_call);
    std::free(p);
}
