#include "runnel/window.hpp"

#include "batch.hpp"

namespace runnel {
namespace {

constexpr std::uint32_t none = 0xffffffff;

/// A window as it lies in the caller's block: this head, an entry for each stream of the three arrays, then the batch.
struct alignas(64) Windows : Window {
    Streams* streams;
    std::uint32_t steps, hop;
    std::uint32_t next;        ///< the stream that the next window takes
    std::uint32_t until_next;  ///< steps before it begins
    std::uint32_t ended;       ///< the stream whose window ended with the last step, or `none`
    std::uint32_t* left;       ///< steps to the end of the stream's window; 0: it rests
    const float** features;    ///< of this step, the same for all that do not rest
    std::uint32_t* tokens;     ///< likewise
};

Windows& windows_of(Window* w) { return *static_cast<Windows*>(w); }
const Windows& windows_of(const Window* w) { return *static_cast<const Windows*>(w); }

constexpr std::uint32_t streams_of(std::uint32_t steps, std::uint32_t hop) { return (steps - 1) / hop + 1; }

/// Bytes before the batch.
std::size_t head_bytes(std::uint32_t streams) {
    return padded_to(sizeof(Windows) + streams * (sizeof(float*) + 2 * sizeof(std::uint32_t)), 64);
}

void begin_window(Windows& w) {
    w.streams->at(w.next).clear();
    w.left[w.next] = w.steps;
    w.next = (w.next + 1) % w.streams->count;
    w.until_next = w.hop;
}

/// `inputs`: those of the streams; `rest`: of one that rests.
template <class In> Status step_all(Windows& w, In input, In rest, In* inputs) {
    if (const Status status = w.streams->at(0).check(input); status != Status::ok) return status;
    if (w.until_next == 0) begin_window(w);
    --w.until_next;
    w.ended = none;
    for (std::uint32_t i = 0; i < w.streams->count; ++i) {
        inputs[i] = w.left[i] > 0 ? input : rest;
        if (w.left[i] > 0 && --w.left[i] == 0) w.ended = i;
    }
    advance(*w.streams, inputs);
    return Status::ok;
}

}  // namespace

std::size_t Window::bytes(const Model& model, std::uint32_t steps, std::uint32_t hop) noexcept {
    if (steps == 0 || hop == 0) return 0;
    const std::uint32_t streams = streams_of(steps, hop);
    const std::size_t batch = Batch::bytes(model, streams);
    if (batch == 0 || batch == SIZE_MAX) return batch;
    const std::size_t head = head_bytes(streams);
    return batch > SIZE_MAX - head ? SIZE_MAX : head + batch;
}

Status Window::create(const Model& model, std::uint32_t steps, std::uint32_t hop, void* block, std::size_t size,
                      Window*& window) noexcept {
    if (!plan_of(model).file) return Status::not_loaded;
    if (steps == 0 || hop == 0) return Status::wrong_window;
    if (reinterpret_cast<std::uintptr_t>(block) % 64) return Status::misaligned;
    const std::size_t needed = bytes(model, steps, hop);
    if (!block || size < needed || needed == SIZE_MAX) return Status::block_too_small;
    const std::uint32_t streams = streams_of(steps, hop);
    const std::size_t head = head_bytes(streams);
    Batch* batch = nullptr;
    const Status status =
        Batch::create(model, streams, static_cast<unsigned char*>(block) + head, size - head, batch);
    if (status != Status::ok) return status;
    auto* all = new (block) Windows;
    all->streams = static_cast<Streams*>(batch);
    all->steps = steps;
    all->hop = hop;
    all->features = reinterpret_cast<const float**>(all + 1);
    all->tokens = reinterpret_cast<std::uint32_t*>(all->features + streams);
    all->left = all->tokens + streams;
    all->reset();
    window = all;
    return Status::ok;
}

Status Window::step(std::uint32_t token) noexcept {
    Windows& w = windows_of(this);
    return step_all(w, token, Batch::resting, w.tokens);
}

Status Window::step(const float* features, std::size_t count) noexcept {
    Windows& w = windows_of(this);
    const ModelInput& input = w.streams->plan->input;
    if (!input.takes_tokens && count != input.width) return Status::wrong_feature_count;
    return step_all<const float*>(w, features, nullptr, w.features);
}

std::span<const float> Window::output() noexcept {
    Windows& w = windows_of(this);
    if (w.ended == none) return {};
    return w.streams->at(w.ended).output();
}

void Window::reset() noexcept {
    Windows& w = windows_of(this);
    w.next = w.until_next = 0;
    w.ended = none;
    for (std::uint32_t i = 0; i < w.streams->count; ++i) w.left[i] = 0;
}

Status Window::patch_bytes(const void* patch, std::size_t size, std::size_t& bytes) const noexcept {
    return windows_of(this).streams->at(0).patch_bytes(patch, size, bytes);
}

Status Window::apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size) noexcept {
    Windows& w = windows_of(this);
    for (std::uint32_t i = 0; i < w.streams->count; ++i)
        if (const Status status = w.streams->at(i).apply_patch(patch, size, block, block_size); status != Status::ok)
            return status;
    reset();
    return Status::ok;
}

}  // namespace runnel
