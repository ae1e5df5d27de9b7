#include "quantize/embedding.hpp"

#include <algorithm>
#include <cmath>

#include "quantize/rows.hpp"

namespace runnel::converter {
namespace {

/// Values that share a scale.
std::size_t run_length(const Embedding& embedding, schema::Format format) {
    return format == schema::Format::int4 ? 32 : embedding.table.columns;
}

}  // namespace

void code_table(const Embedding& embedding, Numbers& numbers) {
    if (numbers.format != schema::Format::int8 && numbers.format != schema::Format::int4) return;
    const std::vector<float>& values = embedding.table.values;
    const std::size_t length = run_length(embedding, numbers.format);
    for (std::size_t at = 0; at < values.size(); at += length) {
        const std::vector<double> run(values.begin() + std::ptrdiff_t(at),
                                      values.begin() + std::ptrdiff_t(at + length));
        const CodedRow coded = numbers.format == schema::Format::int4 ? code_int4(run) : code_int8(run);
        numbers.input.insert(numbers.input.end(), coded.codes.begin(), coded.codes.end());
        numbers.input_scales.push_back(static_cast<float>(coded.scale));
    }
}

double largest_value(const Embedding& embedding, const Numbers& numbers) {
    double largest = 0;
    if (numbers.input.empty()) {
        for (const float value : embedding.table.values) largest = std::max(largest, std::fabs(double(value)));
        return largest;
    }
    const std::size_t length = run_length(embedding, numbers.format);
    for (std::size_t i = 0; i < numbers.input.size(); ++i)
        largest = std::max(largest, std::fabs(double(numbers.input[i]) * double(numbers.input_scales[i / length])));
    return largest;
}

}  // namespace runnel::converter
