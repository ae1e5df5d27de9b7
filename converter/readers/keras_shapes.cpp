#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "common/text.hpp"
#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

using Extents = std::vector<long>;  ///< without the batch; -1: not known

constexpr long most_values = 1L << 30;

std::string text(const Extents& shape) {
    std::string result = "(None";
    for (const long extent : shape) result += extent < 0 ? ", None" : ", " + std::to_string(extent);
    return result + ')';
}

/// The number of values; -1 where an extent is not known.
long count(const Extents& shape) {
    long product = 1;
    for (const long extent : shape) {
        if (extent < 0) return -1;
        product = extent > 0 && product > most_values / extent ? most_values : product * extent;
    }
    return product;
}

/// A list of whole numbers in the layer's configuration.
Extents list(const LayerConfig& layer, const char* key) {
    const auto found = layer.config.find(key);
    if (found == layer.config.end() || !found->is_array() || found->empty())
        throw layer_error(layer, std::string("'") + key + "' is not a list of whole numbers");
    Extents result;
    for (const Json& value : *found) {
        const double extent = value.is_number() ? value.get<double>() : NAN;
        if (!(extent >= -1 && extent <= double(most_values) && extent == std::floor(extent)))
            throw layer_error(layer, std::string("'") + key + "' is not a list of whole numbers: " +
                                         excerpt(found->dump()));
        result.push_back(static_cast<long>(extent));
    }
    return result;
}

/// "target_shape", with what it leaves open by -1.
Extents reshaped(const LayerConfig& layer, const Extents& before) {
    Extents after = list(layer, "target_shape");
    const auto open = std::find(after.begin(), after.end(), -1L);
    const long values = count(before);
    if (open != after.end() && values >= 0) {
        const long others = std::accumulate(after.begin(), after.end(), 1L, [](long product, long extent) {
            return extent > 0 && product <= most_values / extent ? product * extent : product;
        });
        *open = values / others;
    }
    if (values >= 0 && count(after) >= 0 && count(after) != values)
        throw layer_error(layer, "makes the shape " + text(after) + " of " + text(before) +
                                     ", which has another number of values: the file is damaged");
    return after;
}

/// "dims", counted from 1. Order is kept where the axes that hold more than one value stay in theirs.
Extents permuted(const LayerConfig& layer, const Extents& before) {
    const Extents dims = list(layer, "dims");
    Extents sorted = dims, expected(before.size());
    std::sort(sorted.begin(), sorted.end());
    std::iota(expected.begin(), expected.end(), 1L);
    if (sorted != expected)
        throw layer_error(layer, "'dims' is no order of the " + std::to_string(before.size()) + " axes of its input");
    Extents after;
    long last = 0;
    for (const long axis : dims) {
        const long extent = before[static_cast<std::size_t>(axis - 1)];
        after.push_back(extent);
        if (extent == 1) continue;
        if (axis < last) throw layer_error(layer, refusal(layer.class_name));
        last = axis;
    }
    return after;
}

Extents shape_made(const LayerConfig& layer, const Extents& before) {
    if (layer.class_name == "Reshape") return reshaped(layer, before);
    if (layer.class_name == "Permute") return permuted(layer, before);
    return {count(before)};
}

bool is_one_step(const Extents& shape) { return shape.size() == 2 && shape.front() == 1; }

/// Before any other layer, the input itself gets the other shape: its values come in the same order.
void shape_input(const LayerConfig& layer, const Extents& before, const Extents& after, Flow& flow) {
    const bool step = is_one_step(before) && after.size() == 1;
    flow.sequence = after.size() != 1;
    if (!step) flow.input = after;
    if (after.size() == 1 && before.size() > 1 && !step) flow.reshaped = layer;
    flow.width.reset();
    if ((step || after.size() > 1) && after.back() > 0) flow.width = static_cast<std::size_t>(after.back());
}

}  // namespace

bool is_shape_layer(const std::string& class_name) {
    static constexpr std::array names = {"Flatten", "Reshape", "Permute"};
    return std::find(names.begin(), names.end(), class_name) != names.end();
}

void read_shape(const LayerConfig& layer, Flow& flow) {
    const long width = flow.width ? static_cast<long>(*flow.width) : -1;
    const long steps = flow.input && flow.input->size() > 1 ? flow.input->front() : -1;
    const Extents data = flow.sequence ? Extents{steps, width} : Extents{width};
    const Extents before = flow.reshaped ? flow.shape : flow.first && flow.input ? *flow.input : data;
    const Extents after = shape_made(layer, before);
    flow.reshaped.reset();
    if (flow.first) return shape_input(layer, before, after, flow);
    if (after == data) return;
    if (is_one_step(data) && after == Extents{width}) {
        flow.sequence = false;
    } else if (!flow.sequence && !flow.recurrent && after == Extents{1, width}) {
        flow.sequence = true;
        flow.input = Extents{1, width};
    } else if (flow.sequence || after.back() != width || count({after.begin(), after.end() - 1}) != 1) {
        flow.reshaped = layer;
        flow.shape = after;
    }
}

void check_step_shape(const LayerConfig& layer, const Flow& flow) {
    const Extents data{flow.width ? static_cast<long>(*flow.width) : -1};
    if (shape_made(layer, data) != data) throw layer_error(layer, refusal(layer.class_name));
}

}  // namespace runnel::converter::keras
