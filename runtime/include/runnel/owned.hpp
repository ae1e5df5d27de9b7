/// Sessions, batches and windows that own their block, for programs with a heap:
///
///     runnel::OwnedSession session;
///     if (auto status = session.create(model); status != runnel::Status::ok) ...
///     status = session->step(token);
///
/// They can be moved (the block stays where it is) and free it when they end. The model must outlive them and stay
/// where it is: where it shall move along, hold it by std::unique_ptr<runnel::Model>. Nothing here throws.
#pragma once
#include <new>
#include <utility>

#include "runnel/window.hpp"

namespace runnel {

/// Object: Session, Batch or Window.
template <class Object> class Owned {
public:
    Owned() = default;
    Owned(Owned&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), object_(std::exchange(other.object_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        if (this == &other) return *this;
        free();
        block_ = std::exchange(other.block_, nullptr);
        object_ = std::exchange(other.object_, nullptr);
        return *this;
    }
    ~Owned() { free(); }

    /// As Session::create, Batch::create and Window::create, in a block from the heap. What was owned before is freed
    /// first; on an error nothing is owned: those of create, and out_of_memory.
    [[nodiscard]] Status create(const Model& model) noexcept { return create_in_block(model); }
    [[nodiscard]] Status create(const Model& model, std::uint32_t streams) noexcept {
        return create_in_block(model, streams);
    }
    [[nodiscard]] Status create(const Model& model, std::uint32_t steps, std::uint32_t hop) noexcept {
        return create_in_block(model, steps, hop);
    }

    /// Whether something is owned; the two below ask for that.
    explicit operator bool() const noexcept { return object_; }
    Object* operator->() const noexcept { return object_; }
    Object& operator*() const noexcept { return *object_; }

private:
    static constexpr std::align_val_t alignment{RUNNEL_ALIGNMENT};

    template <class... Sizes> Status create_in_block(const Model& model, Sizes... sizes) noexcept {
        free();
        const std::size_t size = Object::bytes(model, sizes...);
        if (size == SIZE_MAX) return Status::out_of_memory;
        block_ = ::operator new(size, alignment, std::nothrow);
        if (!block_) return Status::out_of_memory;
        const Status status = Object::create(model, sizes..., block_, size, object_);
        if (status != Status::ok) free();
        return status;
    }

    void free() noexcept {
        ::operator delete(block_, alignment);
        block_ = nullptr, object_ = nullptr;
    }

    void* block_ = nullptr;
    Object* object_ = nullptr;
};

using OwnedSession = Owned<Session>;
using OwnedBatch = Owned<Batch>;
using OwnedWindow = Owned<Window>;

}  // namespace runnel
