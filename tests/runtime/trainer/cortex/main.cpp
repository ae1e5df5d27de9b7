// The training of self_test.hpp on a Cortex-M without an operating system; answers through semihosting.
#include "../self_test.hpp"

namespace {

using namespace runnel::training;

alignas(64) unsigned char block[64 * 1024];
int16_t buffer[self_test::vocabulary * 16];

void semihost(int operation, const void* argument) {
    register int r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}
void print(const char* text) { semihost(4, text); }
void print(const char* name, uint32_t value, uint32_t base) {
    char digits[12] = {};
    int at = 11;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    print(name);
    print(" ");
    print(digits + at);
    print("\n");
}

// The system timer counts down at 25 MHz; with -icount shift=0 an instruction takes 1 ns: 40 instructions a tick.
volatile uint32_t& timer(uint32_t offset) { return *reinterpret_cast<volatile uint32_t*>(0xE000E010 + offset); }

}  // namespace

extern "C" int main() {
    timer(4) = 0xffffff;
    timer(8) = 0;
    timer(0) = 5;
    Trainer* trainer = nullptr;
    size_t bytes = 0;
    Status status = Trainer::bytes(self_test::tutorial_one, bytes);
    if (status == Status::ok) status = Trainer::create(self_test::tutorial_one, block, sizeof block, trainer);
    if (status != Status::ok || !self_test::initialize(*trainer, buffer)) {
        print(message(status));
        return 1;
    }
    uint32_t first_ticks = 0, last_ticks = 0;
    constexpr uint32_t updates = 1000, timed = 50;
    for (uint32_t i = 0; i < updates; ++i) {
        static uint16_t tokens[self_test::steps];
        int32_t target = int32_t(self_test::sequence(i, tokens) << 16);
        const uint32_t start = timer(8);
        Result result;
        status = trainer->train({.tokens = tokens, .targets = &target, .count = 1, .steps = self_test::steps}, result);
        if (status != Status::ok) return 1;
        const uint32_t ticks = (start - timer(8)) & 0xffffff;
        if (i < timed) first_ticks += ticks;
        if (i >= updates - timed) last_ticks += ticks;
    }
    Specification head = self_test::tutorial_one;
    head.scope = Scope::head;
    size_t head_bytes = 0;
    if (Trainer::bytes(head, head_bytes) != Status::ok) return 1;
    print("bytes", uint32_t(bytes), 10);
    print("bytes_head", uint32_t(head_bytes), 10);
    print("instructions_first", first_ticks / timed * 40, 10);
    print("instructions", last_ticks / timed * 40, 10);
    print("hash", self_test::hash(*trainer), 16);
    return 0;
}

extern "C" [[noreturn]] void start() {
    main();
    semihost(0x18, reinterpret_cast<const void*>(0x20026));  // exit
    for (;;) {
    }
}

extern "C" __attribute__((section(".vectors"), used))
const void* const vectors[] = {reinterpret_cast<const void*>(0x20080000), reinterpret_cast<const void*>(start),
                               reinterpret_cast<const void*>(start), reinterpret_cast<const void*>(start)};
