#include <algorithm>
#include <array>

#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

struct Merge {
    const char* name;
    schema::Operation operation;
};

constexpr std::array merges = {
    Merge{"Add", schema::Operation::add},           Merge{"Subtract", schema::Operation::subtract},
    Merge{"Multiply", schema::Operation::multiply}, Merge{"Average", schema::Operation::average},
    Merge{"Maximum", schema::Operation::maximum},   Merge{"Minimum", schema::Operation::minimum},
};

const Merge* find(const std::string& class_name) {
    for (const Merge& merge : merges)
        if (class_name == merge.name) return &merge;
    return nullptr;
}

/// What all branches must agree on, and have.
void check_together(const LayerConfig& layer, const std::vector<Flow>& flows) {
    for (const Flow& flow : flows) {
        if (!flow.width) throw layer_error(layer, "the file does not say how many values a step of its inputs has");
        if (flow.reshaped) throw layer_error(*flow.reshaped, refusal(flow.reshaped->class_name));
        if (flow.sequence != flows[0].sequence)
            throw layer_error(layer,
                              "joins a sequence and a single vector: an answer at every step, and one at the end");
        if (flow.lost_steps != flows[0].lost_steps)
            throw layer_error(layer,
                              "joins branches whose steps do not meet: convolutions with padding='valid' leave out " +
                                  std::to_string(flows[0].lost_steps) + " and " + std::to_string(flow.lost_steps) +
                                  " of them; train with padding='causal'");
        if (flow.masked != flows[0].masked)
            throw layer_error(layer, "joins a branch with a mask and one without, of which only one skips padding");
    }
}

/// Along the values of a step.
void check_axis(const LayerConfig& layer, const Flow& flow) {
    const double axis = number(layer, layer.config, "axis", -1);
    if (axis != -1 && axis != (flow.sequence ? 2 : 1))
        throw layer_error(layer,
                          "joins along another axis than the last (axis -1), which puts sequences one behind "
                          "the other");
}

}  // namespace

bool is_merge(const LayerConfig& layer) {
    return layer.class_name == "Concatenate" || find(layer.class_name) != nullptr;
}

Layer read_merge(const LayerConfig& layer, std::vector<Flow>& flows) {
    if (!layer.config.is_object()) throw layer_error(layer, "has no configuration");
    check_together(layer, flows);
    Layer result{layer.name, 0, Concatenate{}};
    std::size_t width = 0;
    for (const Flow& flow : flows) {
        result.sources.push_back(flow.value);
        std::get<Concatenate>(result.kind).widths.push_back(*flow.width);
        width += *flow.width;
    }
    if (const Merge* merge = find(layer.class_name)) {
        if (flows.size() < 2) throw layer_error(layer, "has a single input");
        if (merge->operation == schema::Operation::subtract && flows.size() != 2)
            throw layer_error(layer, "subtracts " + std::to_string(flows.size()) + " inputs where there are two");
        width = *flows[0].width;
        for (const Flow& flow : flows)
            if (*flow.width != width)
                throw layer_error(layer, "its inputs have " + std::to_string(width) + " and " +
                                             std::to_string(*flow.width) + " values a step");
        result.kind = Combine{merge->operation, width};
    } else {
        check_axis(layer, flows[0]);
    }
    Flow& joined = flows[0];
    for (const Flow& flow : flows) {
        joined.recurrent |= flow.recurrent, joined.stateful |= flow.stateful;
        if (flow.dropout > 0 || !flow.left_out.empty()) joined.left_out = "the dropout before '" + layer.name + "'";
    }
    joined.dropout = 0;
    joined.first = false;
    joined.width = width;
    return result;
}

}  // namespace runnel::converter::keras
