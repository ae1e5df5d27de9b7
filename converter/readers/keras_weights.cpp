#include "readers/keras_weights.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "common/text.hpp"
#include "readers/keras_layers.hpp"

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

/// "lstm_2" -> "lstm" and 2; "lstm" -> "lstm" and 0.
std::pair<std::string, unsigned long> split_number(const std::string& name) {
    const std::size_t bar = name.rfind('_');
    unsigned long number = 0;
    if (bar == std::string::npos) return {name, 0};
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + bar + 1, end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number == 0) return {name, 0};
    return {name.substr(0, bar), number};
}

constexpr auto foreign = "; give the architecture that the weights were saved from";

}  // namespace

std::optional<Place> find_weights(const Hdf5File& file) {
    if (file.exists("model_weights")) return Place{Layout::named, "model_weights"};
    if (string_list(file, "", "layer_names")) return Place{Layout::named, ""};
    for (const char* group : {"layers", "_layer_checkpoint_dependencies"})
        if (!file.members(group).empty()) return Place{Layout::numbered, group};
    return std::nullopt;
}

std::string FileWeights::below(const std::string& name) const {
    return place_.group.empty() ? name : place_.group + '/' + name;
}

void FileWeights::locate(std::vector<LayerConfig>& layers) const {
    if (place_.layout == Layout::named) locate_named(layers);
    else locate_numbered(layers);
}

void FileWeights::locate_named(std::vector<LayerConfig>& layers) const {
    std::vector<LayerConfig*> holders;
    bool all_there = true;
    for (LayerConfig& layer : layers) {
        layer.path = below(layer.name);
        if (!holds_weights(layer)) continue;
        holders.push_back(&layer);
        all_there &= file_.exists(layer.path);
    }
    if (all_there) return;
    std::vector<std::string> names;
    for (const std::string& name : string_list(file_, place_.group, "layer_names").value_or(names))
        if (const auto arrays = string_list(file_, below(name), "weight_names"); arrays && !arrays->empty())
            names.push_back(name);
    if (names.size() != holders.size()) return;
    for (std::size_t i = 0; i < names.size(); ++i) holders[i]->path = below(names[i]);
}

void FileWeights::locate_numbered(std::vector<LayerConfig>& layers) const {
    std::map<std::string, std::vector<unsigned long>> numbers;
    for (const std::string& member : file_.members(place_.group)) {
        const auto [name, number] = split_number(member);
        numbers[name].push_back(number);
    }
    for (auto& [name, found] : numbers) std::sort(found.begin(), found.end());
    std::map<std::string, std::size_t> used;
    for (LayerConfig& layer : layers) {
        const std::string name = snake_case(layer.class_name);
        const std::size_t i = used[name]++;
        const auto& found = numbers[name];
        const unsigned long number = i < found.size() ? found[i] : i;
        layer.path = below(name + (number == 0 ? "" : "_" + std::to_string(number)));
    }
    for (const auto& [name, found] : numbers)
        if (found.size() > used[name] && used[name] > 0)
            throw Error("the file holds weights of " + std::to_string(found.size()) + " layers '" + excerpt(name) +
                        "' where the model has " + std::to_string(used[name]) + foreign);
}

std::vector<std::string> FileWeights::arrays(const LayerConfig& layer, const std::string& part) const {
    std::vector<std::string> paths;
    if (place_.layout == Layout::named) {
        const auto names = string_list(file_, layer.path, "weight_names");
        if (!names)
            throw layer_error(layer, "the file holds no weights for it; save the whole model (model.save), or" +
                                         std::string(foreign).substr(1));
        for (const std::string& name : *names) paths.push_back(layer.path + '/' + name);
        return paths;
    }
    const std::string group = layer.path + (part.empty() ? "" : "/" + part) + "/vars";
    const std::size_t count = file_.members(group).size();
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
