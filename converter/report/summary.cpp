#include "report/summary.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/trainable.hpp"
#include "report/ranges_text.hpp"

namespace runnel::converter {
namespace {

std::string shape_text(const std::vector<long>& shape) {
    std::string text = "(None";
    for (const long extent : shape) text += ", " + (extent < 0 ? std::string("None") : std::to_string(extent));
    return text + ")";
}

std::string size_text(double bytes) {
    char text[32];
    if (bytes < 1024) std::snprintf(text, sizeof text, "%.0f bytes", bytes);
    else if (bytes < 1024 * 1024) std::snprintf(text, sizeof text, "%.2f KB", bytes / 1024);
    else std::snprintf(text, sizeof text, "%.2f MB", bytes / 1024 / 1024);
    return text;
}

}  // namespace

std::string summary(const Import& model, const std::string& output, std::size_t file_bytes, std::size_t weight_bytes) {
    using Row = std::array<std::string, 3>;
    std::vector<Row> rows = {{"Layer (type)", "Output Shape", "Param #"}};
    std::uint64_t total = 0;
    for (const SummaryRow& row : model.summary) {
        rows.push_back({excerpt(row.name) + " (" + excerpt(row.class_name) + ")", shape_text(row.output_shape),
                        grouped(row.parameters)});
        total += row.parameters;
    }
    std::array<std::size_t, 3> width = {26, 22, 9};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size() + 2);
    const std::size_t line = width[0] + width[1] + width[2] + 1;

    std::string text =
        "Model: " + quote(model.name) + " (" + excerpt(model.framework) + ")\n" + std::string(line, '_') + '\n';
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string cells = " ";
        for (std::size_t k = 0; k < 3; ++k) cells += rows[i][k] + std::string(width[k] - rows[i][k].size(), ' ');
        cells.erase(cells.find_last_not_of(' ') + 1);
        text += cells + '\n';
        if (i == 0) text += std::string(line, '=') + '\n';
    }
    text +=
        std::string(line, '=') + "\nTotal params: " + grouped(total) + " (" + size_text(4.0 * double(total)) + ")\n";
    text += std::string(line, '_') + '\n';
    return text + output + ": " + grouped(file_bytes) + " bytes, of which packed weights " + grouped(weight_bytes) +
           '\n';
}

namespace {

/// Which ranges no data and no weights speak for, and what to do about it; "" if there are none.
std::string assumptions_text(const StoredGraph& stored) {
    std::string ranges;
    const auto add = [&](Origin origin, const char* what, const Layer& layer, int bits) {
        if (origin == Origin::assumed)
            ranges += (ranges.empty() ? "" : ", ") + std::string(what) + " of " + excerpt(layer.name) + " (±" +
                      std::to_string(1 << (15 - bits)) + ")";
    };
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        const Numbers& numbers = stored.numbers[i];
        if (!numbers.fixed) continue;
        add(numbers.input_origin, "input", stored.graph.layers[i], numbers.fixed->input_bits);
        add(numbers.state_origin, "state", stored.graph.layers[i], numbers.fixed->state_bits);
    }
    if (ranges.empty()) return "";
    return "Assumed, for lack of data: " + ranges +
           ". What is beyond saturates (runnel eval counts it);\n--calibrate inputs.npy, with inputs as the model will "
           "meet them, sets these ranges.\n";
}

}  // namespace

std::string numbers_text(const StoredGraph& stored) {
    std::string text;
    bool all_float = true;
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        const Layer& layer = stored.graph.layers[i];
        const Numbers& numbers = stored.numbers[i];
        const auto* embedding = std::get_if<Embedding>(&layer.kind);
        if (!has_weights(layer)) continue;
        const std::string ranges = ranges_text(numbers);
        const bool projected = embedding && embedding->projected;
        all_float &= numbers.format == schema::Format::f32 && !projected;
        text += "  " + excerpt(layer.name) + ": " + schema::EnumNameFormat(numbers.format) +
                (projected ? ", projected: the next layer's input products" : "") +
                (ranges.empty() ? "" : "; " + ranges) + '\n';
        const std::string dropout = dropout_text(layer.dropout, layer.recurrent_dropout, layer.dropout_each_step);
        if (numbers.fixed && !dropout.empty()) text += "    in training: dropout " + dropout + '\n';
        if (numbers.fixed && !layer.left_out.empty())
            text += "    in training, left out: " + printable(layer.left_out) + '\n';
    }
    return all_float ? "" : "Numbers:\n" + text + assumptions_text(stored);
}

}  // namespace runnel::converter
