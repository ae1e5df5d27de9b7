/// What `runnel tune` says at its end.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "fit.hpp"
#include "patch_text.hpp"

namespace runnel {

/// What left its range in one layer.
struct LayerSaturations {
    std::string layer;
    training::Saturations numbers;
};
/// Of the layers in which anything did.
std::vector<LayerSaturations> saturated_layers(const Model& model, const training::Trainer& trainer);

struct TuneReport {
    const char* isa;
    std::size_t trainer_bytes;
    bool has_accuracy;
    Fitted fitted;
    std::size_t limited_features;                ///< of all sequences, set to the end of the range
    training::Saturations saturations;
    std::vector<LayerSaturations> saturated_layers;
    bool restored;                               ///< the parameters are those of the best epoch
    std::optional<Measure> guard_before, guard_after;
    std::string patch;                           ///< file
    std::size_t patch_bytes;
    std::uint32_t step;
    std::vector<PatchedTensor> changed;
};

/// To standard output, for people or as JSON.
void print_report(const TuneReport& report, bool as_json);

}  // namespace runnel
