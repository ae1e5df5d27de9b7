#include <algorithm>
#include <array>
#include <cmath>

#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

/// Keras counts the batch as axis 0, and keeps a single axis as a number or as a list of one.
void check_axis(const LayerConfig& layer, long last) {
    const auto found = layer.config.find("axis");
    if (found == layer.config.end()) return;
    const Json& axis = found->is_array() && found->size() == 1 ? found->front() : *found;
    if (axis != -1 && axis != last)
        throw layer_error(layer, "normalizes along another axis than the last (axis -1), which mixes time steps; train "
                                 "with axis=-1");
}

}  // namespace

bool is_batch_normalization(const std::string& class_name) {
    static constexpr std::array names = {"BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2",
                                         "SyncBatchNormalization"};
    return std::find(names.begin(), names.end(), class_name) != names.end();
}

void read_batch_normalization(const LayerConfig& layer, const std::string& part, const Source& source, Flow& flow) {
    check_axis(layer, flow.sequence && part.empty() ? 2 : 1);
    const bool scale = flag(layer, layer.config, "scale", true), center = flag(layer, layer.config, "center", true);
    const double epsilon = number(layer, layer.config, "epsilon", 1e-3);
    const auto paths = source.weights.arrays(layer, part);
    expect_count(layer, paths, std::size_t{2} + scale + center);
    if (!flow.width) {
        const auto shape = source.weights.shape(layer, paths[0]);
        flow.width = shape.empty() ? 0 : shape[0];
    }
    const std::size_t width = *flow.width;
    auto path = paths.begin();
    const auto next = [&] { return source.weights.read(layer, *path++, {width}); };
    const std::vector<float> gamma = scale ? next() : std::vector<float>(width, 1.0f);
    const std::vector<float> beta = center ? next() : std::vector<float>(width);
    const std::vector<float> mean = next(), variance = next();

    Scale result{described(layer), flow.made, std::vector<double>(width), std::vector<double>(width)};
    for (std::size_t i = 0; i < width; ++i) {
        const double spread = variance[i] + epsilon;
        if (!(spread > 0) || !std::isfinite(spread))
            throw layer_error(layer, "its moving_variance and epsilon add up to " + std::to_string(spread) +
                                         " at element " + std::to_string(i) +
                                         ", of which there is no root to divide by; save an earlier state");
        result.factor[i] = gamma[i] / std::sqrt(spread);
        result.offset[i] = beta[i] - mean[i] * result.factor[i];
    }
    flow.scales.push_back(std::move(result));
    flow.scale_parameters = paths.size() * width;
}

}  // namespace runnel::converter::keras
