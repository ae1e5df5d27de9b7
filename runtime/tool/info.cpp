/// runnel info: what a model file holds and needs.
#include <CLI/CLI.hpp>
#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "common/sequences.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/trainable.hpp"
#include "model_file.hpp"
#include "patch_text.hpp"
#include "runnel/fixed_model.hpp"
#include "tokenizer.hpp"

namespace runnel {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions : CommonOptions {
    std::string patch;
};

/// The first layer that answers once a sequence, not once a step; the number of layers if there is none.
std::uint32_t first_without_steps(const LoadedModel& loaded) {
    const ModelInfo& info = loaded.info();
    std::uint32_t first = info.layers;
    if (!info.returns_sequence)
        for (std::uint32_t i = 0; i < info.layers; ++i)
            if (loaded.model().layer(i).recurrent) first = i;
    return first;
}

/// "[100, 8]" for a layer that answers at every step, "[8]" for one that answers once a sequence. "T": any length.
std::string output_shape(const ModelInfo& info, const LayerInfo& layer, bool every_step) {
    const std::string outputs = std::to_string(layer.outputs) + "]";
    if (!every_step) return "[" + outputs;
    return "[" + (info.sequence_length ? std::to_string(info.sequence_length) : "T") + ", " + outputs;
}

/// The token's word, or its id where the model came without words.
std::string special_token(const LoadedModel& loaded, std::int32_t id) {
    if (id < 0) return "none";
    std::string text = std::to_string(id);
    if (static_cast<std::uint32_t>(id) < loaded.info().words)
        text += " " + quote(loaded.model().word(static_cast<std::uint32_t>(id)));
    return text;
}

std::vector<std::string> labels(const LoadedModel& loaded) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < loaded.info().labels; ++i) names.emplace_back(loaded.model().label(i));
    return names;
}

Json patch_json(const LoadedModel& loaded) {
    const training::PatchInfo info = loaded.patch_info();
    Json tensors = Json::array();
    for (const PatchedTensor& t : patched_tensors(loaded.model(), loaded.patch()))
        tensors.push_back({{"name", t.name}, {"rows", t.rows}, {"of", t.of}});
    return {{"bytes", loaded.patch().size()},
            {"step", info.step},
            {"seed", info.seed},
            {"changed", tensors},
            {"new_words", word_list(info.words)}};
}

/// What saturates in the layer, or how it avoids that: "input ±7.49, state ±1"; "dynamic"; "" for floats.
std::string range_text(const LayerInfo& layer) {
    std::vector<std::string> ranges;
    if (layer.input_range > 0) ranges.push_back("input ±" + significant(layer.input_range, 3));
    if (layer.state_range > 0) ranges.push_back("state ±" + significant(layer.state_range, 3));
    if (layer.dynamic) ranges.emplace_back("dynamic");
    return joined(ranges, ", ", [](const std::string& range) { return range; });
}

/// What a stream means to a model of a known length; "" if it was trained on any.
std::string live_text(const ModelInfo& info) {
    if (info.sequence_length == 0) return "";
    const std::string steps = std::to_string(info.sequence_length);
    return "run --window " + steps + " answers as in training; a stream carried on beyond " + steps +
           (steps == "1" ? " step" : " steps") + " is new to the model (eval --compare-window measures it)";
}

/// Dropout that goes along with a fixed model for its training, as shares of 1.
struct Dropout {
    double inputs = 0, state = 0;
    bool each_step = false;
};

Dropout dropout_of(const Model& model, std::uint32_t layer) {
    const FixedNetwork network = fixed_network(model);
    // The network may begin with an input that is no layer of the file.
    const std::uint32_t index = layer + network.layer_count - model.info().layers;
    if (index >= network.layer_count) return {};
    const training::Layer& l = network.layers[index];
    const auto share = [](std::uint32_t bits) { return std::round(bits / 65.536) / 1000; };
    return {share(l.dropout), share(l.recurrent_dropout), l.dropout_each_step};
}

/// What a layer reads: names of layers, or "the input".
std::vector<std::string> sources(const Model& model, std::uint32_t layer) {
    std::vector<std::string> names;
    for (std::uint32_t k = 0; k < model.layer(layer).sources; ++k) {
        const std::uint32_t value = model.source(layer, k);
        names.emplace_back(value == 0 ? "input" : model.layer(value - 1).name);
    }
    return names;
}

bool is_chain(const Model& model) {
    for (std::uint32_t i = 0; i < model.info().layers; ++i)
        if (model.layer(i).sources != 1 || model.source(i, 0) != i) return false;
    return true;
}

/// The named pieces of the input or of the output.
using Port = PortInfo (Model::*)(std::uint32_t) const noexcept;
Json ports_json(const Model& model, std::uint32_t count, Port port) {
    Json all = Json::array();
    for (std::uint32_t i = 0; i < count; ++i) {
        const PortInfo p = (model.*port)(i);
        all.push_back({{"name", p.name}, {"first", p.first}, {"count", p.count}});
    }
    return all;
}
/// ": denoise 0..21, vad 22"
std::string ports_text(const Model& model, std::uint32_t count, Port port) {
    std::vector<std::string> all;
    for (std::uint32_t i = 0; i < count; ++i) {
        const PortInfo p = (model.*port)(i);
        all.push_back(printable(p.name) + " " + std::to_string(p.first) +
                      (p.count > 1 ? ".." + std::to_string(p.first + p.count - 1) : ""));
    }
    return all.empty() ? "" : ": " + joined(all, ", ", std::identity());
}

/// "lstm 0.2 of the inputs, 0.1 of the state; dense 0.5 of the inputs".
std::string dropout_of_layers(const Model& model) {
    std::vector<std::string> layers;
    for (std::uint32_t i = 0; i < model.info().layers; ++i) {
        const Dropout d = dropout_of(model, i);
        const std::string shares = dropout_text(d.inputs, d.state, d.each_step);
        if (!shares.empty()) layers.push_back(printable(model.layer(i).name) + " " + shares);
    }
    return joined(layers, "; ", std::identity());
}

Json as_json(LoadedModel& loaded) {
    const ModelInfo& info = loaded.info();
    Json layers = Json::array();
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const LayerInfo layer = loaded.model().layer(i);
        const Dropout dropout = dropout_of(loaded.model(), i);
        layers.push_back({{"name", layer.name},
                          {"kind", layer.kind},
                          {"activation", layer.activation},
                          {"format", layer.format},
                          {"dynamic", layer.dynamic},
                          {"input_range", layer.input_range > 0 ? Json(layer.input_range) : Json()},
                          {"state_range", layer.state_range > 0 ? Json(layer.state_range) : Json()},
                          {"reads", sources(loaded.model(), i)},
                          {"inputs", layer.inputs},
                          {"outputs", layer.outputs},
                          {"every_step", i < first_without_steps(loaded)},
                          {"dropout", dropout.inputs},
                          {"dropout_each_step", dropout.each_step},
                          {"recurrent_dropout", dropout.state},
                          {"parameters", layer.parameters},
                          {"bytes", layer.weight_bytes}});
    }
    Json available = Json::array();
    for (const char* const* isa = isas(); *isa; ++isa) available.push_back(*isa);
    return {{"file", loaded.path()},
            {"source", {{"name", info.source_name},
                        {"sha256", info.source_sha256},
                        {"framework", info.source_framework},
                        {"converter_version", info.converter_version}}},
            {"input", {{"kind", info.takes_tokens ? "tokens" : "features"},
                       {"count", info.inputs},
                       {"ports", ports_json(loaded.model(), info.input_ports, &Model::input_port)},
                       {"sequence_length", info.sequence_length},
                       {"vocabulary", info.words},
                       {"start_token", info.start_token},
                       {"unknown_token", info.unknown_token}}},
            {"output", {{"count", info.outputs},
                        {"ports", ports_json(loaded.model(), info.output_ports, &Model::output_port)},
                        {"returns_sequence", info.returns_sequence},
                        {"labels", labels(loaded)}}},
            {"layers", layers},
            {"parameters", info.parameters},
            {"bytes", {{"file", info.file_bytes},
                       {"weights", info.weight_bytes},
                       {"state", loaded.session().state_bytes()},
                       {"arena", loaded.session_bytes()}}},
            {"isa", info.isa},
            {"isas", available}};
}

void print(LoadedModel& loaded) {
    const ModelInfo& info = loaded.info();
    const auto line = [](std::string_view name, const std::string& value) {
        if (!value.empty()) std::cout << "  " << padded(name, 17) << value << '\n';
    };
    std::cout << loaded.path() << '\n';
    line("source", printable(info.source_name));
    line("framework", printable(info.source_framework));
    line("sha256", printable(info.source_sha256));
    line("converter", printable(info.converter_version));
    std::string input = input_text(info);
    if (info.sequence_length) input += ", trained on sequences of " + std::to_string(info.sequence_length);
    line("input", input + ports_text(loaded.model(), info.input_ports, &Model::input_port));
    line("live", live_text(info));
    if (info.words > 0)
        line("vocabulary", vocabulary_text(info) +
                               (Tokenizer(loaded.model()).by_character() ? ", read by character" : "") +
                               "; start token " + special_token(loaded, info.start_token) +
                               ", unknown words " + special_token(loaded, info.unknown_token));
    line("output", std::to_string(info.outputs) + (info.outputs == 1 ? " value " : " values ") +
                       (info.returns_sequence ? "a step" : "a sequence") +
                       ports_text(loaded.model(), info.output_ports, &Model::output_port));
    line("labels", joined(labels(loaded), ", ", printable));

    std::cout << '\n';
    std::vector<std::string> headings{"layer", "kind", "activation", "format", ">output", ">parameters", ">bytes"};
    const bool branched = !is_chain(loaded.model());
    if (branched) headings.insert(headings.begin() + 2, "reads");
    bool ranged = false;
    for (std::uint32_t i = 0; i < info.layers; ++i) ranged |= !range_text(loaded.model().layer(i)).empty();
    if (ranged) headings.emplace_back("range, beyond which numbers saturate (eval counts them)");
    Table table(headings);
    const std::uint32_t without_steps = first_without_steps(loaded);
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const LayerInfo layer = loaded.model().layer(i);
        std::vector<std::string> cells{printable(layer.name), layer.kind, layer.activation, layer.format,
                                       output_shape(info, layer, i < without_steps), grouped(layer.parameters),
                                       grouped(layer.weight_bytes)};
        if (branched) cells.insert(cells.begin() + 2, joined(sources(loaded.model(), i), ", ", printable));
        if (ranged) cells.push_back(range_text(layer));
        table.add(std::move(cells));
    }
    std::vector<std::string> total{"total", "", "", "", "", grouped(info.parameters), grouped(info.weight_bytes)};
    if (branched) total.emplace_back();
    if (ranged) total.emplace_back();
    table.add(std::move(total));
    table.print(std::cout);

    std::cout << '\n';
    line("file", grouped(info.file_bytes) + " bytes");
    line("session", grouped(loaded.session_bytes()) + " bytes, of which " + grouped(loaded.session().state_bytes()) +
                        " to save its state");
    line("dropout", dropout_of_layers(loaded.model()));
    if (!loaded.patch().empty()) {
        const training::PatchInfo patch = loaded.patch_info();
        line("patch", grouped(loaded.patch().size()) + " bytes, step " + grouped(patch.step) + ", seed " +
                          std::to_string(patch.seed));
        line("changed", patched_text(patched_tensors(loaded.model(), loaded.patch())));
        line("new words", joined(word_list(patch.words), ", ", printable));
    }
    line("instruction set", std::string(info.isa) + " (available: " + available_isas() + ")");
}

}  // namespace

void add_info(CLI::App& program) {
    CLI::App* command = program.add_subcommand("info", "Show what a model holds and needs");
    auto options = std::make_shared<InfoOptions>();
    add_common(*command, *options);
    add_patch(*command, options->patch);
    command->callback([options] {
        LoadedModel loaded(options->model, options->isa, options->patch);
        if (!options->json) return print(loaded);
        Json json = as_json(loaded);
        if (!loaded.patch().empty()) json["patch"] = patch_json(loaded);
        std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    });
}

}  // namespace runnel
