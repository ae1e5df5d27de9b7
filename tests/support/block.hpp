/// A block of memory at a multiple of 64 bytes.
#pragma once
#include <cstddef>
#include <memory>
#include <new>

namespace runnel::test {

class Block {
public:
    explicit Block(std::size_t bytes)
        : size_(bytes), bytes_(static_cast<unsigned char*>(::operator new(bytes, std::align_val_t(64)))) {}
    unsigned char* data() const { return bytes_.get(); }
    std::size_t size() const { return size_; }

private:
    struct Free {
        void operator()(unsigned char* p) const { ::operator delete(p, std::align_val_t(64)); }
    };
    std::size_t size_;
    std::unique_ptr<unsigned char, Free> bytes_;
};

}  // namespace runnel::test
