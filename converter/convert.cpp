#include "convert.hpp"

#include "error.hpp"
#include "formats/sha256.hpp"
#include "readers/keras.hpp"
#include "runnel/runnel.hpp"
#include "write/output.hpp"
#include "write/pack.hpp"
#include "write/summary.hpp"

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
template <class F>
auto naming(const std::filesystem::path& file, F&& work) {
    try {
        return work();
    } catch (const std::exception& error) {
        throw Error(file.string() + ": " + error.what());
    }
}

}  // namespace

std::string convert(const Options& options) {
    const Bytes source = read_file(options.input);
    if (source.size() >= 8 && schema::ModelBufferHasIdentifier(source.data()))
        throw Error(options.input.string() + ": is a Runnel model already; convert the trained model that it came from");
    const std::string hash = sha256(source);
    const keras::Import model = naming(options.input, [&] { return keras::read_model(source); });

    Metadata metadata = describe(options, model.graph);
    metadata.source_name = options.input.filename().string();
    metadata.source_sha256 = hash;
    metadata.source_framework = model.framework;
    std::optional<Ranges> ranges;
    if (options.calibrate) ranges = calibrate(model.graph, npy::File(*options.calibrate));
    const StoredGraph stored =
        naming(options.input, [&] { return quantize(model.graph, options.formats, ranges ? &*ranges : nullptr); });
    const FileImage file = pack(stored, metadata);
    const std::size_t weight_bytes = naming(options.input, [&] { return check_loads(file, model.graph); });

    if (options.output.extension() == ".h") {
        const std::string name = options.output.filename().string();
        const std::string text = c_array(name, "Runnel model, converted from " + hash, file.bytes());
        write_file(options.output, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    } else {
        write_file(options.output, file.bytes());
    }
    return summary(model, options.output.string(), file.bytes().size(), weight_bytes);
}

}  // namespace runnel::converter
