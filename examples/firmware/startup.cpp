// From reset to main(): the vector table, memory as the program expects it, and a painted stack, so that what was used
// of it can be told afterwards.
#include "startup.hpp"

extern "C" {

extern uint32_t data_in_flash[], data_begin[], data_end[], bss_begin[], bss_end[], stack_begin[], stack_end[];

[[noreturn]] void reset() {
    *reinterpret_cast<volatile uint32_t*>(0xE000ED88) |= 0xFu << 20;  // the floating-point unit is on
    asm volatile("dsb\nisb");
    for (uint32_t *to = data_begin, *from = data_in_flash; to < data_end;) *to++ = *from++;
    for (uint32_t* at = bss_begin; at < bss_end;) *at++ = 0;
    const uint32_t* here;
    asm volatile("mov %0, sp" : "=r"(here));
    for (uint32_t* at = stack_begin; at < here;) *at++ = stack_paint;
    main();
    for (;;) {
    }
}

[[noreturn]] void fault() {
    for (;;) {
    }
}

}  // extern "C"

namespace {

/// Stack pointer, reset, NMI and the faults. Interrupts of the board follow here.
__attribute__((section(".vectors"), used)) const void* const vectors[] = {
    stack_end,
    reinterpret_cast<const void*>(reset),
    reinterpret_cast<const void*>(fault),
    reinterpret_cast<const void*>(fault),
    reinterpret_cast<const void*>(fault),
    reinterpret_cast<const void*>(fault),
    reinterpret_cast<const void*>(fault),
};

}  // namespace

uint32_t stack_used() {
    const uint32_t* at = stack_begin;
    while (at < stack_end && *at == stack_paint) ++at;
    return uint32_t(stack_end - at) * sizeof *at;
}
