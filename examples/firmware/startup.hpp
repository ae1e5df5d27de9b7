#pragma once
#include <stdint.h>

int main();

constexpr uint32_t stack_paint = 0x5ACC5ACC;

/// The most bytes of stack that were in use since reset.
uint32_t stack_used();
