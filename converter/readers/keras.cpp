#include "readers/keras.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/text.hpp"
#include "formats/hdf5.hpp"
#include "formats/zip.hpp"
#include "readers/keras_fresh.hpp"
#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

constexpr std::size_t max_config_bytes = std::size_t{1} << 26;

/// "2.2.4-tf" -> 2
int major_version(const std::string& version) {
    int major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    if (major != 2 && major != 3)
        throw Error("the file was written by Keras '" + excerpt(version) + "'; load and save it with Keras 2 or 3");
    return major;
}

Json parse_json(const std::string& text, const char* what) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) throw Error(std::string(what) + " is not JSON: the file is damaged");
    return json;
}

std::string single(const Hdf5File& file, const char* attribute) {
    const auto strings = file.strings("", attribute);
    return strings && strings->size() == 1 ? strings->front() : std::string();
}

void apply_masks(Graph& graph) {
    const bool recurrent = std::any_of(graph.layers.begin(), graph.layers.end(), [](const Layer& layer) {
        return std::holds_alternative<Recurrent>(layer.kind);
    });
    if (recurrent) return;
    // Keras' masks act on recurrent layers only; an embedding's rows are put out all the same.
    for (Layer& layer : graph.layers) {
        if (auto* embedding = std::get_if<Embedding>(&layer.kind)) embedding->mask_zero = false;
        if (std::holds_alternative<Masking>(layer.kind))
            throw Error("layer '" + excerpt(layer.name) +
                        "' (Masking): there is no recurrent layer that could skip the masked "
                        "steps; remove it");
    }
}

/// The input must be a sequence of tokens [time] or of features [time, width].
void check_input(const Graph& graph, const std::optional<std::vector<long>>& shape) {
    if (!shape) return;
    const bool tokens = takes_tokens(graph);
    if (shape->size() == (tokens ? 1u : 2u)) return;
    throw Error(std::string("the model takes an input of ") + std::to_string(shape->size()) +
                " dimensions beside the batch, where a sequence of " +
                (tokens ? "tokens has one (time)" : "features has two (time, features)"));
}

/// Steps that the model was built for; 0 where it takes any number.
std::uint32_t sequence_length(const Flow& flow) {
    const bool given = flow.input && !flow.input->empty() && flow.input->front() > 0;
    return given && !flow.stateful ? static_cast<std::uint32_t>(flow.input->front()) : 0;
}

/// Without the batch.
std::vector<long> output_shape(const Flow& flow) {
    if (flow.first && flow.input) return *flow.input;
    if (flow.reshaped) return flow.shape;
    std::vector<long> shape;
    const bool known = flow.input && !flow.input->empty() && flow.input->front() > flow.lost_steps;
    if (flow.sequence) shape.push_back(known ? flow.input->front() - flow.lost_steps : -1);
    if (flow.width) shape.push_back(static_cast<long>(*flow.width));
    return shape;
}

/// What is known of an input that no layer has touched.
Flow flow_of(const std::optional<std::vector<long>>& shape) {
    Flow flow;
    flow.input = shape;
    flow.sequence = !shape || shape->size() != 1;
    if (shape && shape->size() > 1 && shape->back() > 0) flow.width = static_cast<std::size_t>(shape->back());
    return flow;
}

/// Puts in front of the graph what gives each of a model's several inputs its piece of the one vector of features.
std::vector<Flow> split_inputs(const ModelConfig& model, Graph& graph) {
    std::vector<Flow> flows;
    for (const auto& shape : model.input_shapes) flows.push_back(flow_of(shape));
    if (flows.size() == 1) return flows;
    std::size_t width = 0;
    for (std::size_t k = 0; k < flows.size(); ++k) {
        const LayerConfig& input = model.layers[model.inputs[k]];
        if (!flows[k].width || flows[k].input->size() != 2)
            throw layer_error(input,
                              "is one of several inputs, which must be features of known number: (time, features)");
        graph.inputs.push_back({input.name, *flows[k].width});
        width += *flows[k].width;
    }
    std::size_t first = 0;
    for (std::size_t k = 0; k < flows.size(); ++k) {
        graph.layers.push_back({graph.inputs[k].name, 0, Slice{width, first, graph.inputs[k].width}});
        graph.layers.back().sources = {0};
        first += graph.inputs[k].width;
        flows[k].value = graph.layers.size();
        flows[k].first = false;
    }
    return flows;
}

/// Makes several outputs one vector.
void join_outputs(const ModelConfig& model, const std::vector<Flow>& flows, Graph& graph) {
    if (model.outputs.size() == 1) return;
    Layer all{"outputs", 0, Concatenate{}};
    for (std::size_t k = 0; k < model.outputs.size(); ++k) {
        const LayerConfig& output = model.layers[model.outputs[k]];
        if (flows[k].sequence != flows[0].sequence)
            throw layer_error(output, "answers " + std::string(flows[k].sequence ? "at every step" : "at the end") +
                                          ", other outputs of the model do not; save them as models of their own");
        if (!flows[k].width) throw layer_error(output, "the file does not say how many values it puts out");
        graph.outputs.push_back({output.name, *flows[k].width});
        std::get<Concatenate>(all.kind).widths.push_back(*flows[k].width);
        all.sources.push_back(flows[k].value);
    }
    graph.layers.push_back(std::move(all));
}

/// In Keras each recurrent layer skips the steps that its own branch masks; a stream skips a step or does not.
void check_masks(const ModelConfig& model, const std::vector<std::optional<bool>>& masked) {
    const auto is = [&](bool value) {
        return std::find(masked.begin(), masked.end(), std::optional<bool>(value)) - masked.begin();
    };
    if (is(true) != std::ptrdiff_t(masked.size()) && is(false) != std::ptrdiff_t(masked.size()))
        throw layer_error(model.layers[std::size_t(is(false))],
                          "has no mask, while another recurrent layer of the model skips masked steps");
}

Import read_layers(const ModelConfig& model, const Weights& weights, const std::string& version) {
    Import result;
    result.name = model.name;
    result.framework = "keras " + version;
    Graph& graph = result.graph;
    const Source source{weights, major_version(version)};
    std::vector<std::size_t> left(model.layers.size());  // readers that a layer's output still has
    for (const auto& sources : model.sources)
        for (const std::size_t from : sources) ++left[from];
    for (const std::size_t output : model.outputs) ++left[output];

    std::vector<Flow> inputs = split_inputs(model, graph), flows(model.layers.size());
    std::vector<std::optional<bool>> masked(model.layers.size());  // of the recurrent layers
    const auto take = [&](std::size_t from) { return --left[from] == 0 ? std::move(flows[from]) : flows[from]; };
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const LayerConfig& layer = model.layers[i];
        const auto input = std::find(model.inputs.begin(), model.inputs.end(), i);
        std::vector<Flow> into;
        if (input != model.inputs.end()) into.push_back(inputs[std::size_t(input - model.inputs.begin())]);
        for (const std::size_t from : model.sources[i]) into.push_back(take(from));
        Flow& flow = into.front();
        flow.made = graph.layers.size();
        SummaryRow row{layer.name, layer.class_name, {}, 0};
        std::vector<Layer> made;
        if (is_recurrent(layer.class_name)) masked[i] = flow.masked;
        if (is_merge(layer)) made.push_back(read_merge(layer, into));
        else if (into.size() == 1) made = read_layer(layer, source, flow);
        else throw layer_error(layer, "reads " + std::to_string(into.size()) + " tensors, which cannot be converted");
        for (Layer& part : made) {
            row.parameters += part.parameters;
            if (part.sources.empty() && flow.value != graph.layers.size()) part.sources = {flow.value};
            graph.layers.push_back(std::move(part));
            flow.value = graph.layers.size();
        }
        flow.made = graph.layers.size();
        row.parameters += std::exchange(flow.scale_parameters, 0);
        row.output_shape = output_shape(flow);
        // Keras lists the input only where it is wired by hand.
        if (model.functional || layer.class_name != "InputLayer") result.summary.push_back(std::move(row));
        flows[i] = std::move(flow);
    }
    if (graph.layers.empty()) throw Error("the model has no layer that computes anything");
    std::vector<Flow> outputs;
    for (const std::size_t output : model.outputs) outputs.push_back(take(output));
    const Flow& flow = outputs.front();
    for (std::size_t k = 0; k < outputs.size(); ++k)
        if (outputs[k].sequence && outputs[k].lost_steps > 0)
            throw layer_error(model.layers[model.outputs[k]], "answers at every step but the first " +
                                                                  std::to_string(outputs[k].lost_steps) +
                                                                  ", which convolutions with padding='valid' "
                                                                  "leave out; train with padding='causal'");
    if (model.inputs.size() == 1) check_input(graph, flow.input);
    check_masks(model, masked);
    apply_masks(graph);
    join_outputs(model, outputs, graph);
    if (is_chain(graph)) graph = fold_scales(std::move(graph), flow.scales);
    else
        for (const Flow& output : outputs)
            if (!output.scales.empty())
                throw Error(output.scales.front().source +
                            ": in a network with branches, it cannot be made part of the "
                            "weights beside it; train without it");
    graph = stateful_first(std::move(graph));
    graph.returns_sequence = flow.sequence;
    graph.sequence_length = sequence_length(flow);
    return result;
}

Import read_file_layers(ModelConfig model, const Hdf5File& file, Place place, const std::string& version) {
    const FileWeights weights(file, std::move(place));
    weights.locate(model.listed);
    for (LayerConfig& layer : model.layers)
        for (const LayerConfig& listed : model.listed)
            if (listed.name == layer.name) layer.path = listed.path;
    return read_layers(model, weights, version);
}

Import read_hdf5(const Bytes& bytes) {
    const Hdf5File file(bytes, {"optimizer_weights"});
    const std::string config = single(file, "model_config");
    if (config.empty()) {
        throw Error(find_weights(file)
                        ? "the file holds weights but no model_config, so that nobody knows what the layers are; save "
                          "the whole model (model.save), or give what model.to_json() returns: --architecture FILE.json"
                        : "is an HDF5 file, but not a Keras model (it has no model_config)");
    }
    const std::string version = single(file, "keras_version");
    if (version.empty()) throw Error("the file does not say which Keras wrote it (keras_version is missing)");
    return read_file_layers(parse_model(parse_json(config, "model_config")), file, {Layout::named, "model_weights"},
                            version);
}

Import read_archive(const Bytes& bytes) {
    const ZipFile archive(bytes);
    auto text = [&](const char* name) {
        const auto member = archive.read(name, max_config_bytes);
        if (!member) throw Error(std::string("is a zip archive, but not a Keras model (it has no ") + name + ")");
        return std::string(reinterpret_cast<const char*>(member->data()), member->size());
    };
    const std::string config = text("config.json");
    const Json metadata = parse_json(text("metadata.json"), "metadata.json");
    const auto found = metadata.is_object() ? metadata.find("keras_version") : metadata.end();
    if (!metadata.is_object() || found == metadata.end() || !found->is_string())
        throw Error("metadata.json does not say which Keras wrote the file (keras_version is missing)");
    const std::string version = *found;
    major_version(version);
    const auto weights = archive.read("model.weights.h5", max_file_bytes);
    if (!weights) throw Error("has no weights (model.weights.h5 is missing)");
    const Hdf5File file(*weights, {"optimizer"});
    const auto place = find_weights(file);
    return read_file_layers(parse_model(parse_json(config, "config.json")), file,
                            place.value_or(Place{Layout::numbered, "layers"}), version);
}

/// What model.to_json() gives.
Json parse_architecture(const Bytes& bytes) {
    Json json = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "the architecture");
    if (!json.is_object() || !json.contains("class_name"))
        throw Error("the architecture is not what Keras' model.to_json() gives (it has no class_name)");
    return json;
}

std::optional<std::string> keras_version(const Json& architecture) {
    const auto found = architecture.find("keras_version");
    if (found == architecture.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

constexpr auto versionless = "3";  ///< of an architecture that names none: Keras 3 writes none

}  // namespace

bool recognises(const Bytes& bytes) { return Hdf5File::is_hdf5(bytes) || ZipFile::is_zip(bytes); }

Import read_model(const Bytes& bytes) { return ZipFile::is_zip(bytes) ? read_archive(bytes) : read_hdf5(bytes); }

Import read_weights(const Bytes& bytes, const Bytes& architecture) {
    if (!Hdf5File::is_hdf5(bytes))
        throw Error("is no HDF5 file with weights alone; a whole model (.keras) is read without --architecture");
    const Json json = parse_architecture(architecture);
    const Hdf5File file(bytes, {"optimizer", "optimizer_weights"});
    const auto place = find_weights(file);
    if (!place) throw Error("is an HDF5 file, but holds no weights of a Keras model");
    const std::string written = single(file, "keras_version");
    return read_file_layers(parse_model(json), file, *place,
                            keras_version(json).value_or(written.empty() ? versionless : written));
}

Import new_model(const Bytes& bytes, std::uint64_t seed) {
    const Json json = parse_architecture(bytes);
    Import result = read_layers(parse_model(json), FreshWeights(seed), keras_version(json).value_or(versionless));
    result.framework += ", initialised with seed " + std::to_string(seed);
    return result;
}

}  // namespace runnel::converter::keras
