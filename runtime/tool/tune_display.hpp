/// What a person sees of a training.
#pragma once
#include <optional>
#include <string>

#include "fit.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace runnel {

/// A bar within an epoch, a line behind it; stops the training after a signal.
class TuneDisplay : public FitObserver {
public:
    /// `sequences`: those of an epoch's training and validation. `lines`: print them to standard output.
    TuneDisplay(std::uint32_t epochs, std::size_t sequences, bool has_accuracy, bool lines)
        : epochs_(epochs), sequences_(sequences), has_accuracy_(has_accuracy), lines_(lines) {}

    void begin_epoch(std::uint32_t number) override;
    bool advance(const training::Batch& batch, const training::Result& trained) override;
    void end_epoch(const Epoch& epoch) override;

private:
    std::string epoch_text(std::uint32_t number) const;

    CaughtSignals signals_;  // also between two bars
    std::uint32_t epochs_;
    std::size_t sequences_;
    bool has_accuracy_, lines_;
    std::optional<Progress> progress_;
};

}  // namespace runnel
