#include "live_stream.hpp"

#include <stdexcept>
#include <vector>

#include "usage_error.hpp"

namespace runnel {

LiveStream::LiveStream(LoadedModel& loaded, const LiveOptions& options) : loaded_(loaded), options_(options) {
    if (const std::uint32_t wait = loaded.info().wait; options.window > 0 && options.window <= wait)
        throw UsageError("--window " + std::to_string(options.window) + ": the model's convolutions answer after " +
                         std::to_string(wait + 1) + " steps");
    if (options.window == 0) return;
    if (const Status status = window_.create(loaded.model(), options.window, options.hop); status != Status::ok)
        throw std::runtime_error(loaded.path() + ": a window of " + std::to_string(options.window) + " steps: " +
                                 message(status) + "; a larger --hop takes less");
    loaded.apply_patch(*window_);
}

void LiveStream::reset() {
    steps_ = 0;
    if (window_) window_->reset();
    else loaded_.session().reset();
}

void LiveStream::require_carried_state() const {
    if (window_ || options_.reset_every > 0)
        throw std::runtime_error("with --window and --reset-every no state is kept: the stream forgets it soon");
}

void LiveStream::save(const std::string& path) const {
    require_carried_state();
    const Session& session = loaded_.session();
    std::vector<unsigned char> state(session.state_bytes());
    if (const Status status = session.save_state(state.data(), state.size()); status != Status::ok)
        throw std::runtime_error(path + ": " + message(status));
    write_whole(path, state);
}

void LiveStream::restore(const std::string& path) {
    require_carried_state();
    const FileBytes state(path);
    const auto bytes = state.bytes();
    if (const Status status = loaded_.session().restore_state(bytes.data(), bytes.size()); status != Status::ok)
        throw std::runtime_error(path + ": " + message(status) + " (" + loaded_.path() + ")");
    steps_ = std::uint64_t(loaded_.info().wait) + 1;
}

}  // namespace runnel
