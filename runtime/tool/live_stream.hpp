/// What the steps of a live input move: a session whose state is carried on, one that begins anew every so many steps,
/// or a window.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "model_file.hpp"
#include "runnel/owned.hpp"

namespace runnel {

/// What becomes of a line that is no step.
enum class OnError {
    stop,  ///< the stream ends there
    skip,  ///< it is passed over
    hold   ///< the step before is taken again
};

struct LiveOptions {
    std::uint32_t window = 0, hop = 1;  ///< the answer to the last `window` steps, every `hop` steps; 0: no window
    std::uint32_t reset_every = 0;      ///< zero state after so many steps; 0: never
    bool commands = false;              ///< lines may be commands
    std::optional<OnError> on_error{};  ///< none: stop where the input is a file, else skip
};

class LiveStream {
public:
    /// Throws std::runtime_error where a window takes more memory than there is.
    LiveStream(LoadedModel& loaded, const LiveOptions& options);

    /// As those of a Session.
    Status step(std::uint32_t token) {
        return advance([token](auto& stepping) { return stepping.step(token); });
    }
    Status step(const float* features, std::size_t count) {
        return advance([=](auto& stepping) { return stepping.step(features, count); });
    }
    /// What the last step answers: to all steps since the reset, or to the window that ended with it; empty where none
    /// did, and while the model's own windows fill.
    std::span<const float> answer() {
        if (window_) return window_->output();
        return steps_ > loaded_.info().wait ? loaded_.session().output() : std::span<const float>();
    }
    void reset();
    /// The state as a file, for the sessions of this model. Throw std::runtime_error, where a stream begins anew by
    /// itself too; it is then as it was.
    void save(const std::string& path) const;
    void restore(const std::string& path);

private:
    void require_carried_state() const;
    template <class Step> Status advance(Step step) {
        if (window_) return step(*window_);
        if (options_.reset_every > 0 && steps_ == options_.reset_every) reset();
        const Status status = step(loaded_.session());
        steps_ += status == Status::ok;
        return status;
    }

    LoadedModel& loaded_;
    LiveOptions options_;
    OwnedWindow window_;        ///< or none
    std::uint64_t steps_ = 0;  ///< since the reset; behind a restored state, more than the model waits
};

}  // namespace runnel
