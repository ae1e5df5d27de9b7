#include "readers/keras_functional.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "common/names.hpp"
#include "common/text.hpp"

namespace runnel::converter::keras {
namespace {

/// One call of a layer: the layers whose outputs it reads.
struct Node {
    std::vector<std::string> inputs;
    std::optional<std::string> mask;  ///< Keras 3: the operation that computes the mask
    std::optional<double> constant;   ///< Keras 3: the number that an operation such as NotEqual takes
};

/// ["lstm", 0, 0, ...]: an output of a layer.
bool is_reference(const Json& value) {
    return value.is_array() && value.size() >= 3 && value[0].is_string() && value[1].is_number() &&
           value[2].is_number();
}

std::string referred_layer(const LayerConfig& layer, const Json& reference) {
    if (reference[2] != 0)
        throw layer_error(layer, "reads a second output of layer '" + reference[0].get<std::string>() +
                                     "'; only layers with one output can be converted");
    return reference[0];
}

/// The name in a serialized Keras 3 tensor; nothing if the value is not one.
std::optional<std::string> tensor(const LayerConfig& layer, const Json& value) {
    if (!value.is_object() || value.value("class_name", Json()) != "__keras_tensor__") return std::nullopt;
    const auto config = value.find("config");
    if (config == value.end() || !config->is_object() || !config->contains("keras_history") ||
        !is_reference(config->at("keras_history")))
        throw layer_error(layer, "has a damaged list of inputs in the model's configuration");
    return referred_layer(layer, config->at("keras_history"));
}

void collect_tensors(const LayerConfig& layer, const Json& value, std::vector<std::string>& found) {
    if (const auto name = tensor(layer, value)) found.push_back(*name);
    else if (value.is_array())
        for (const Json& element : value) collect_tensors(layer, element, found);
}

void check_training(const LayerConfig& layer, const Json& keywords) {
    if (keywords.value("training", Json()) == true)
        throw layer_error(layer, "is called with training=True, so that its output is random; call it without");
}

/// {"args": [...], "kwargs": {...}}
Node parse_keras3(const LayerConfig& layer, const Json& call) {
    Node node;
    for (const Json& argument : call.at("args")) {
        if (argument.is_number()) node.constant = argument.get<double>();
        else collect_tensors(layer, argument, node.inputs);
    }
    const Json keywords = call.value("kwargs", Json::object());
    if (!keywords.is_object()) return node;
    check_training(layer, keywords);
    for (const auto& [key, value] : keywords.items()) {
        std::vector<std::string> tensors;
        collect_tensors(layer, value, tensors);
        if (tensors.empty()) continue;
        if (key == "initial_state")
            throw layer_error(layer, "takes its initial state from another layer; a stream starts from zero state");
        if (key == "mask" && tensors.size() == 1) node.mask = tensors[0];
        else node.inputs.insert(node.inputs.end(), tensors.begin(), tensors.end());
    }
    return node;
}

/// [["embedding", 0, 0, {...}], ...]
Node parse_keras2(const LayerConfig& layer, const Json& call) {
    Node node;
    const Json list = is_reference(call) ? Json::array({call}) : call;
    for (const Json& reference : list) {
        if (!is_reference(reference)) throw layer_error(layer, "has a damaged list of inputs in the configuration");
        node.inputs.push_back(referred_layer(layer, reference));
        if (reference.size() < 4 || !reference[3].is_object()) continue;
        check_training(layer, reference[3]);
        for (const auto& [key, value] : reference[3].items())
            if (value.is_array() && !value.empty())
                throw layer_error(layer,
                                  "takes '" + excerpt(key) +
                                      "' from another layer, which cannot be converted");
    }
    return node;
}

std::vector<Node> parse_nodes(const LayerConfig& layer, const Json& json) {
    std::vector<Node> nodes;
    const auto calls = json.find("inbound_nodes");
    if (calls == json.end() || !calls->is_array()) return nodes;
    for (const Json& call : *calls) {
        if (call.is_object() && call.contains("args") && call.at("args").is_array())
            nodes.push_back(parse_keras3(layer, call));
        else if (call.is_array()) nodes.push_back(parse_keras2(layer, call));
        else throw layer_error(layer, "has a damaged list of inputs in the configuration");
    }
    return nodes;
}

void collect_ends(const Json& value, std::vector<std::string>& found) {
    if (is_reference(value)) found.push_back(value[0]);
    else if (value.is_structured())
        for (const Json& element : value) collect_ends(element, found);
}

/// The layers of "input_layers" or "output_layers".
std::vector<std::string> ends(const Json& config, const char* key, const char* what) {
    std::vector<std::string> names;
    if (const auto found = config.find(key); found != config.end()) collect_ends(*found, names);
    if (names.empty()) throw Error(std::string("the model's configuration names no ") + what);
    return names;
}

class Wiring {
public:
    Wiring(const Json& layers, const std::vector<LayerConfig>& parsed) : parsed_(parsed) {
        for (std::size_t i = 0; i < parsed.size(); ++i) {
            if (!index_.emplace(parsed[i].name, i).second)
                throw layer_error(parsed[i], "another layer has the same name");
            nodes_.push_back(parse_nodes(parsed[i], layers[i]));
        }
    }

    Wired wire(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
        for (const std::string& name : inputs) inputs_.insert(index(name));
        for (const std::string& name : outputs) visit(index(name));
        for (const std::size_t i : order_)
            if (!nodes_[i].empty() && nodes_[i][0].mask) check_mask(parsed_[i], *nodes_[i][0].mask);
        for (std::size_t i = 0; i < parsed_.size(); ++i)
            if (!done_.contains(i) && !mask_operations_.contains(i))
                throw layer_error(parsed_[i], "is not on the way from an input of the model to an output");
        Wired result;
        std::map<std::size_t, std::size_t> place;
        for (const std::size_t i : order_) {
            place[i] = result.layers.size();
            result.layers.push_back(parsed_[i]);
            result.sources.emplace_back();
            for (const std::size_t source : sources(i)) result.sources.back().push_back(place.at(source));
        }
        for (const std::string& name : inputs) {
            if (!place.contains(index(name))) throw layer_error(parsed_[index(name)], "leads to no output of the model");
            result.inputs.push_back(place.at(index(name)));
        }
        for (const std::string& name : outputs) result.outputs.push_back(place.at(index(name)));
        return result;
    }

private:
    /// The layers that a layer reads. Throws Error where it is called several times, or reads nothing.
    std::vector<std::size_t> sources(std::size_t i) const {
        if (inputs_.contains(i)) return {};
        if (nodes_[i].size() > 1)
            throw layer_error(parsed_[i], "is used " + std::to_string(nodes_[i].size()) +
                                              " times in the model; save a model in which each use has a layer of its own");
        if (nodes_[i].empty() || nodes_[i][0].inputs.empty()) throw layer_error(parsed_[i], "has no input");
        std::vector<std::size_t> result;
        for (const std::string& name : nodes_[i][0].inputs) result.push_back(index(name));
        return result;
    }

    /// Appends a layer to the order, behind all that it reads.
    void visit(std::size_t output) {
        struct Step {
            std::size_t layer;
            std::vector<std::size_t> left;  ///< of what it reads, the last one first
        };
        std::vector<Step> way;
        std::set<std::size_t> on_way;
        const auto enter = [&](std::size_t i) {
            if (done_.contains(i)) return;
            if (!on_way.insert(i).second) throw layer_error(parsed_[i], "the model's layers form a circle");
            auto left = sources(i);
            std::reverse(left.begin(), left.end());
            way.push_back({i, std::move(left)});
        };
        enter(output);
        while (!way.empty()) {
            if (way.back().left.empty()) {
                on_way.erase(way.back().layer);
                done_.insert(way.back().layer);
                order_.push_back(way.back().layer);
                way.pop_back();
            } else {
                const std::size_t next = way.back().left.back();
                way.back().left.pop_back();
                enter(next);
            }
        }
    }

    std::size_t index(const std::string& name) const {
        const auto found = index_.find(name);
        if (found == index_.end())
            throw Error("the model's configuration speaks of a layer '" + excerpt(name) + "' that is not there");
        return found->second;
    }

    /// A mask must be the one that an Embedding or Masking layer on the way gives: inputs != value, for Masking
    /// followed by "any" over the features.
    void check_mask(const LayerConfig& user, const std::string& name) {
        const Error foreign =
            layer_error(user, "takes a mask that does not come from an Embedding or Masking layer before it");
        auto computed_from_one = [&](std::size_t i) {
            return nodes_[i].size() == 1 && nodes_[i][0].inputs.size() == 1;
        };
        std::set<std::size_t> operations;
        std::size_t i = index(name);
        while ((parsed_[i].class_name == "Any" || parsed_[i].class_name == "Squeeze") && computed_from_one(i) &&
               operations.insert(i).second)
            i = index(nodes_[i][0].inputs[0]);
        if (parsed_[i].class_name != "NotEqual" || !computed_from_one(i)) throw foreign;
        operations.insert(i);
        mask_operations_.merge(operations);
        const std::size_t source = index(nodes_[i][0].inputs[0]);
        const auto found = std::find_if(order_.begin(), order_.end(), [&](std::size_t layer) {
            const bool embedding = parsed_[layer].class_name == "Embedding" &&
                                   flag(parsed_[layer], parsed_[layer].config, "mask_zero", false);
            return (embedding || parsed_[layer].class_name == "Masking") && sources(layer) == std::vector{source};
        });
        if (found == order_.end()) throw foreign;
        const LayerConfig& masking = parsed_[*found];
        const bool embedding = masking.class_name == "Embedding";
        const double value = embedding ? 0 : number(masking, masking.config, "mask_value", 0);
        if (nodes_[i][0].constant.value_or(0) != value) throw foreign;
    }

    const std::vector<LayerConfig>& parsed_;
    std::map<std::string, std::size_t> index_;
    std::vector<std::vector<Node>> nodes_;
    std::vector<std::size_t> order_;
    std::set<std::size_t> inputs_, done_, mask_operations_;
};

}  // namespace

Wired wire(const Json& config, const Json& layers, const std::vector<LayerConfig>& parsed) {
    return Wiring(layers, parsed).wire(ends(config, "input_layers", "input"), ends(config, "output_layers", "output"));
}

}  // namespace runnel::converter::keras
