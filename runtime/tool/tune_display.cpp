#include "tune_display.hpp"

#include <iostream>

#include "common/terminal.hpp"

namespace runnel {
namespace {

/// "loss: 0.5432 - accuracy: 0.7421"; `prefix`: "val_".
std::string measure_text(const Measure& measure, bool has_accuracy, const std::string& prefix = "") {
    std::string text = prefix + "loss: " + decimals(measure.loss, 4);
    if (has_accuracy) text += " - " + prefix + "accuracy: " + decimals(measure.accuracy, 4);
    return text;
}

}  // namespace

std::string TuneDisplay::epoch_text(std::uint32_t number) const {
    return "Epoch " + std::to_string(number) + "/" + std::to_string(epochs_);
}

void TuneDisplay::begin_epoch(std::uint32_t number) { progress_.emplace(epoch_text(number), sequences_); }

bool TuneDisplay::advance(const training::Batch& batch, const training::Result& trained) {
    if (progress_->visible()) progress_->note(measure_text(Measure(trained), has_accuracy_));
    try {
        progress_->advance(batch.count);
    } catch (const Interrupted&) {
        progress_.reset();
        return false;
    }
    return true;
}

void TuneDisplay::end_epoch(const Epoch& epoch) {
    progress_.reset();
    if (!lines_) return;
    std::cout << epoch_text(epoch.number) << " - " << measure_text(epoch.training, has_accuracy_);
    if (epoch.validation) std::cout << " - " << measure_text(*epoch.validation, has_accuracy_, "val_");
    std::cout << " - " << decimals(epoch.seconds, 1) << "s" << std::endl;
}

}  // namespace runnel
