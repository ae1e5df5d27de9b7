/// The files that a training leaves, in its midst and at its end.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "fit.hpp"
#include "tune.hpp"

namespace runnel {

/// Whenever the process ends, each file holds what it was last given, or what it held before the training, whole. The
/// options must outlive it. Everything throws std::runtime_error naming the file.
class TuneFiles {
public:
    /// Refuses what would otherwise show later: a folder that cannot be written to, the model as the patch.
    TuneFiles(const TuneOptions& options, const std::string& model);

    /// Makes or replaces the patch. The one from before the training stays beside it (patch_file.hpp).
    void write_patch(std::span<const unsigned char> patch);
    /// Whether the patch is this training's.
    bool patched() const { return !patch_.empty(); }
    /// Losses and accuracies so far.
    void write_history(std::span<const Epoch> history, bool has_accuracy) const;
    /// Their curves.
    void write_plot(const Fitted& fitted, bool has_accuracy) const;

private:
    const TuneOptions& options_;
    std::vector<unsigned char> patch_;  ///< as written last
};

}  // namespace runnel
