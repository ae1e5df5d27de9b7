/// Text to the debugger (or to the emulator's standard output), and the end of the program, through Arm semihosting. On
/// a board of your own, put its serial port here.
#pragma once
#include <stdint.h>

namespace semihosting {

inline void call(int operation, const void* argument) {
    register int r0 asm("r0") = operation;
    register const void* r1 asm("r1") = argument;
    asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

inline void print(const char* text) { call(0x04, text); }

inline void print(uint32_t value) {
    char digits[11];
    char* at = digits + 10;
    *at = 0;
    do *--at = char('0' + value % 10);
    while (value /= 10);
    print(at);
}

/// One line: a name and a number.
inline void print(const char* name, uint32_t value) {
    print(name);
    print(" ");
    print(value);
    print("\n");
}

/// Ends the program; the emulator's exit code is 0 or 1.
[[noreturn]] inline void end(bool good) {
    const uint32_t reason[] = {good ? 0x20026u : 0x20023u, 0};
    call(0x18, reinterpret_cast<const void*>(reason[0]));
    for (;;) {
    }
}

}  // namespace semihosting
