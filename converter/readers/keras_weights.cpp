#include "readers/keras_weights.hpp"

#include <cmath>
#include <map>

#include "common/text.hpp"

namespace runnel::converter::keras {
namespace {

std::string text(const Hdf5File::Shape& shape) {
    std::string result;
    for (const auto extent : shape) result += (result.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + result + "]";
}

/// Lists of more than 64 KB are cut in pieces: weight_names0, weight_names1, ...
std::optional<std::vector<std::string>> string_list(const Hdf5File& file, const std::string& group,
                                                    const std::string& name) {
    if (auto whole = file.strings(group, name)) return whole;
    std::optional<std::vector<std::string>> result;
    for (int i = 0;; ++i) {
        const auto piece = file.strings(group, name + std::to_string(i));
        if (!piece) return result;
        if (!result) result.emplace();
        result->insert(result->end(), piece->begin(), piece->end());
    }
}

}  // namespace

void FileWeights::locate(std::vector<LayerConfig>& layers) const {
    std::map<std::string, int> used;
    for (LayerConfig& layer : layers) {
        if (layout_ == Layout::named) {
            layer.path = "model_weights/" + layer.name;
            continue;
        }
        const std::string name = snake_case(layer.class_name);
        const int number = used[name]++;
        layer.path = "layers/" + name + (number == 0 ? "" : "_" + std::to_string(number));
    }
}

std::vector<std::string> FileWeights::arrays(const LayerConfig& layer, const std::string& part) const {
    std::vector<std::string> paths;
    if (layout_ == Layout::named) {
        const auto names = string_list(file_, layer.path, "weight_names");
        if (!names) throw layer_error(layer, "the file holds no weights for it; save the whole model (model.save)");
        for (const std::string& name : *names) paths.push_back(layer.path + '/' + name);
        return paths;
    }
    const std::string group = layer.path + (part.empty() ? "" : "/" + part) + "/vars";
    const std::size_t count = file_.members(group);
    for (std::size_t i = 0; i < count; ++i) paths.push_back(group + '/' + std::to_string(i));
    return paths;
}

Hdf5File::Shape FileWeights::shape(const LayerConfig& layer, const std::string& path) const {
    try {
        return file_.shape(path);
    } catch (const Error& error) {
        throw layer_error(layer, error.what());
    }
}

std::vector<float> FileWeights::read(const LayerConfig& layer, const std::string& path,
                                     const Hdf5File::Shape& expected) const {
    const Hdf5File::Shape found = shape(layer, path);
    if (found != expected)
        throw layer_error(layer, "'" + excerpt(path) + "' has shape " + excerpt(text(found)) +
                                     " where the layer's configuration needs " + text(expected) +
                                     "; the file's weights and configuration do not belong together");
    std::vector<float> values;
    try {
        values = file_.floats(path);
    } catch (const Error& error) {
        throw layer_error(layer, error.what());
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            throw layer_error(layer, "'" + excerpt(path) + "' holds " +
                                         (std::isnan(values[i]) ? "NaN" : "an infinite number") + " at element " +
                                         std::to_string(i) +
                                         "; the training has diverged: save an earlier state of it");
    return values;
}

}  // namespace runnel::converter::keras
