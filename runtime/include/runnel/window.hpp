/// Sliding windows over one endless stream: the answer to its last N steps, as a network that was trained on sequences
/// of N steps gives it.
///
///     runnel::Window* window;
///     status = runnel::Window::create(model, 30, 10, block, runnel::Window::bytes(model, 30, 10), window);
///     status = window->step(features, count);
///     if (const auto answer = window->output(); !answer.empty()) ...
///
/// Threads, lifetimes and blocks: as runnel.hpp says of a Session.
#pragma once
#include "runnel/runnel.hpp"

#pragma GCC visibility push(default)
namespace runnel {

/// The first window is the steps 1 .. `steps`; each further one begins `hop` steps later. A window's answer is, to the
/// bit, that of a session in zero state to the window's steps; a step that the model masks counts as one. Inside it is
/// a row of ceil(steps / hop) streams, which begin one after another and are stepped together, each weight loaded once
/// for four of them: a step costs as much as theirs, at every step the same.
class Window {
public:
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// Size of the block, a multiple of 64; 0: the model is not loaded, or `steps` or `hop` is 0; SIZE_MAX: more than
    /// memory can have.
    static std::size_t bytes(const Model& model, std::uint32_t steps, std::uint32_t hop) noexcept;
    /// Builds a window before its first step, as Session::create does.
    /// Errors: not_loaded, wrong_window, misaligned, block_too_small; `window` is then as it was.
    [[nodiscard]] static Status create(const Model& model, std::uint32_t steps, std::uint32_t hop, void* block,
                                       std::size_t size, Window*& window) noexcept;

    /// The stream's next step, as Session::step takes it, with the same errors, after which all is as it was.
    [[nodiscard]] Status step(std::uint32_t token) noexcept;
    [[nodiscard]] Status step(const float* features, std::size_t count) noexcept;

    /// The answer to the window that ended with the last step: `info().outputs` values, valid until the next call.
    /// Empty where none ended: in the `steps` - 1 first steps, and between two hops.
    std::span<const float> output() noexcept;

    /// As before the first step: the next answer comes after `steps` steps.
    void reset() noexcept;

    /// As those of a Session, for the whole window, which is reset. One block of that size serves all its streams.
    [[nodiscard]] Status apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size) noexcept;
    [[nodiscard]] Status patch_bytes(const void* patch, std::size_t size, std::size_t& bytes) const noexcept;

protected:
    Window() = default;
    ~Window() = default;
};

}  // namespace runnel
#pragma GCC visibility pop
