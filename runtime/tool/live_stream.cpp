#include "live_stream.hpp"

#include <stdexcept>

namespace runnel {

LiveStream::LiveStream(LoadedModel& loaded, const LiveOptions& options) : loaded_(loaded), options_(options) {
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

}  // namespace runnel
