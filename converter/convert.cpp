#include "convert.hpp"

#include <memory>

#include "common/file.hpp"
#include "common/trainable.hpp"
#include "error.hpp"
#include "formats/sha256.hpp"
#include "graph/fuse_activations.hpp"
#include "graph/spare_tokens.hpp"
#include "quantize/choose_ranges.hpp"
#include "readers/foreign.hpp"
#include "readers/readers.hpp"
#include "report/machine.hpp"
#include "report/ranges_text.hpp"
#include "report/report.hpp"
#include "report/summary.hpp"
#include "runnel/runnel.hpp"
#include "write/c_array.hpp"
#include "write/pack.hpp"

namespace runnel::converter {
namespace {

/// Lines of a file, at most as many as there are things to name.
std::vector<std::string> read_names(const std::filesystem::path& path, std::size_t most, const char* of_what) {
    auto lines = read_lines(path);
    if (lines.empty()) throw Error(path.string() + ": is empty");
    if (lines.size() > most)
        throw Error(path.string() + ": has " + std::to_string(lines.size()) + " lines, but the model has only " +
                    std::to_string(most) + ' ' + of_what);
    return lines;
}

std::int32_t check_token(const std::optional<std::uint32_t>& token, std::size_t tokens, const char* option) {
    if (!token) return -1;
    if (*token >= tokens)
        throw Error(std::string(option) + " " + std::to_string(*token) + ": the model's tokens are 0 to " +
                    std::to_string(tokens - 1));
    return static_cast<std::int32_t>(*token);
}

Metadata describe(const Options& options, const Graph& graph) {
    Metadata metadata;
    const std::size_t tokens = input_width(graph.layers.front()), outputs = output_width(graph.layers.back());
    if (options.vocabulary) metadata.vocabulary = read_names(*options.vocabulary, tokens, "tokens");
    if (options.labels) {
        metadata.labels = read_names(*options.labels, outputs, "outputs");
        if (metadata.labels.size() < outputs)
            throw Error(options.labels->string() + ": has " + std::to_string(metadata.labels.size()) +
                        " lines, but the model has " + std::to_string(outputs) + " outputs");
    }
    metadata.start_token = check_token(options.start_token, tokens, "--start-token");
    metadata.unknown_token = check_token(options.unknown_token, tokens, "--unknown-token");
    return metadata;
}

/// The same error with the file's name before it.
template <class F> auto naming(const std::filesystem::path& file, F&& work) {
    try {
        return work();
    } catch (const std::exception& error) {
        throw Error(file.string() + ": " + error.what());
    }
}

Import read_source(const Options& options, const Bytes& source) {
    const Bytes architecture = options.architecture ? read_file(*options.architecture) : Bytes();
    return naming(options.input, [&] {
        if (options.fresh) return new_model(source, options.seed);
        return options.architecture ? read_weights(source, architecture) : read_model(source);
    });
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The reports' texts and where they go.
std::vector<std::pair<std::filesystem::path, std::string>> make_reports(const Options& options, const Import& model,
                                                                        const StoredGraph& stored,
                                                                        const Metadata& metadata,
                                                                        const std::optional<npy::File>& input,
                                                                        const std::optional<RangeChoices>& choices) {
    if (options.reports.empty()) return {};
    if (!input) throw Error("a report compares the models on data: --calibrate X.npy");
    std::optional<npy::File> targets;
    if (options.targets) targets.emplace(*options.targets);
    const StoredGraph original = in_float(model.graph);
    Comparison comparison = compare(original, stored, *input, targets ? &*targets : nullptr);
    comparison.choices = choices;
    comparison.title = options.input.filename().string();
    comparison.cpu = cpu_name(), comparison.date = local_time(), comparison.command = options.command;
    comparison.before.file_bytes = pack(original, metadata).bytes().size();
    comparison.after.file_bytes = pack(stored, metadata).bytes().size();
    std::vector<std::pair<std::filesystem::path, std::string>> reports;
    for (const auto& path : options.reports)
        reports.emplace_back(path, path.extension() == ".json" ? json_report(comparison) : html_report(comparison));
    return reports;
}

/// What a new model cannot become, for who means to train it; "" if it can.
std::string untrainable_text(const FileImage& file) {
    const auto model = std::make_unique<Model>();
    if (model->load(file.bytes().data(), file.bytes().size()) != Status::ok) return "";
    const std::string reason = untrainable(*model);
    return reason.empty() ? "" : "runnel tune cannot train it: " + reason + '\n';
}

}  // namespace

std::string convert(const Options& options) {
    if (std::error_code none; std::filesystem::equivalent(options.input, options.output, none))
        throw Error(options.output.string() + ": is what is to be converted; give the Runnel model a name of its own");
    if (std::error_code none; std::filesystem::is_directory(options.input, none))
        throw Error(options.input.string() + ": " + foreign_folder(options.input));
    const Bytes source = read_file(options.input);
    if (source.size() >= 8 && schema::ModelBufferHasIdentifier(source.data()))
        throw Error(options.input.string() +
                    ": is a Runnel model already; convert the trained model that it came from");
    const std::string hash = sha256(source);
    Import model = read_source(options, source);
    if (is_fixed(options.formats.matrices)) model.graph = fuse_activations(std::move(model.graph));

    Metadata metadata = describe(options, model.graph);
    if (options.spare_tokens > 0) {
        if (metadata.vocabulary.size() < input_width(model.graph.layers.front()))
            throw Error(options.vocabulary->string() +
                        ": has fewer words than the model has tokens; new words would "
                        "take those before the spare ones");
        add_spare_tokens(model.graph, options.spare_tokens, *options.unknown_token);
    }
    metadata.source_name = options.input.filename().string();
    metadata.source_sha256 = hash;
    metadata.source_framework = model.framework;
    std::optional<npy::File> input;
    std::optional<Calibration> calibration;
    if (options.calibrate) calibration = calibrate(model.graph, input.emplace(*options.calibrate));
    std::optional<RangeChoices> choices;
    const StoredGraph stored = naming(options.input, [&] {
        return input && is_integer(options.formats.matrices)
                   ? choose_ranges(model.graph, options.formats, *calibration, *input, choices.emplace())
                   : quantize(model.graph, options.formats, calibration ? &*calibration : nullptr);
    });
    const FileImage file = pack(stored, metadata);
    const std::size_t weight_bytes = naming(options.input, [&] { return check_loads(file, model.graph); });

    const auto reports = make_reports(options, model, stored, metadata, input, choices);

    if (options.output.extension() == ".h") {
        const std::string name = options.output.filename().string();
        const std::string text = c_array(name, "Runnel model, converted from " + hash, file.bytes());
        write_whole(options.output, bytes_of(text));
    } else {
        write_whole(options.output, file.bytes());
    }
    for (const auto& [path, text] : reports) write_whole(path, bytes_of(text));
    return summary(model, options.output.string(), file.bytes().size(), weight_bytes) + numbers_text(stored) +
           (choices ? choices_text(*choices) : "") + (options.fresh ? untrainable_text(file) : "");
}

}  // namespace runnel::converter
