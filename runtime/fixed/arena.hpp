/// Places what a network is made of in the caller's block.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace runnel::fixed {

/// Hands out the block from front to back; without a block it only counts, in 64 bits also where size_t has 32.
class Arena {
public:
    Arena(void* block, uint64_t alignment) : block_(static_cast<unsigned char*>(block)), alignment_(alignment) {}

    /// n zeroed elements, at a multiple of at least `alignment`; null without a block.
    template <class T> T* take(uint64_t n, uint64_t alignment = alignof(T)) {
        alignment = alignment_ > alignment ? alignment_ : alignment;
        used_ = (used_ + alignment - 1) & ~(alignment - 1);
        unsigned char* at = block_ ? block_ + used_ : nullptr;
        used_ += n * sizeof(T);
        if (at) __builtin_memset(at, 0, size_t(n * sizeof(T)));
        return reinterpret_cast<T*>(at);
    }
    uint64_t used() const { return used_; }
    bool counting() const { return !block_; }

private:
    unsigned char* block_;
    uint64_t alignment_, used_ = 0;
};

}  // namespace runnel::fixed
