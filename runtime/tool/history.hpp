/// What a training's epochs came to, for other programs and as curves.
#pragma once
#include <span>
#include <string>

#include "fit.hpp"

namespace runnel {

/// Columns epoch, loss, accuracy, val_loss, val_accuracy, seconds; without those that the training does not have.
std::string history_csv(std::span<const Epoch> history, bool has_accuracy);

/// Curves of the losses and, beside them, of the accuracies, under the title, as an SVG file, drawn by gnuplot.
/// `best_epoch`: marked by a line; 0: none.
std::string history_plot(std::span<const Epoch> history, bool has_accuracy, std::uint32_t best_epoch,
                         const std::string& title);

}  // namespace runnel
