#include "quantize/fixed.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/fixed.hpp"
#include "base/limits.hpp"
#include "error.hpp"
#include "fixed/tensor.hpp"
#include "quantize/fixed_dropout.hpp"
#include "quantize/fixed_refusals.hpp"
#include "quantize/state_bounds.hpp"

namespace runnel::converter {
namespace {

using schema::Format;

constexpr int least_bound_bits = 7;  ///< a range beyond +-256 would leave too little of small states

/// Real values as stored, row-major, and what the runtime sums of them: gates 0: rows alone, as of Dense.
struct Weights {
    const std::vector<float>& values;
    std::size_t rows;
    std::size_t gates;
    bool summed = true;
};

struct CodedWeights {
    std::vector<std::int16_t> codes;
    int bits;
    std::vector<std::uint8_t> finer;  ///< fixed8: bits that each row has more
};

/// Real values to numbers of one format.
class Coder {
public:
    explicit Coder(Format format) : narrow_(format == Format::fixed8) {}

    /// With the most fraction bits that the largest weight and the sums allow: of int8 those of the largest weight of
    /// each row, as far as the sums leave room for them in the trainer's int16.
    CodedWeights code(const Layer& layer, const Weights& w) const {
        const std::vector<int> row_bits = bits_of_rows(layer, w);
        for (int bits = *std::min_element(row_bits.begin(), row_bits.end()); bits >= least(); --bits)
            for (int spare = narrow_ ? fixed::narrow_bits : 0; spare >= least_spare(bits); --spare) {
                CodedWeights coded = rounded(w, row_bits, bits, spare);
                if (!w.summed || fit(coded, w, spare)) return coded;
            }
        refuse_fixed(layer, "the sums of its weights are beyond a fixed network");
    }

private:
    std::vector<int> bits_of_rows(const Layer& layer, const Weights& w) const {
        std::vector<int> all;
        const std::size_t columns = w.values.size() / w.rows;
        for (std::size_t r = 0; r < w.rows; ++r) {
            double largest = 0;
            for (std::size_t k = 0; k < columns; ++k)
                largest = std::max(largest, std::fabs(double(w.values[r * columns + k])));
            int bits = most();
            while (bits >= least() && std::nearbyint(std::ldexp(largest, bits)) > limit()) --bits;
            if (bits < least())
                refuse_fixed(layer, "a weight of " + std::to_string(largest) + " is beyond a fixed network");
            all.push_back(bits);
        }
        return all;
    }

    CodedWeights rounded(const Weights& w, const std::vector<int>& row_bits, int bits, int spare) const {
        CodedWeights coded{{}, bits, {}};
        const std::size_t columns = w.values.size() / w.rows;
        for (std::size_t r = 0; r < w.rows; ++r) {
            const int finer = std::min(row_bits[r] - bits, spare);
            if (narrow_) coded.finer.push_back(std::uint8_t(finer));
            for (std::size_t k = 0; k < columns; ++k)
                coded.codes.push_back(
                    std::int16_t(std::nearbyint(std::ldexp(double(w.values[r * columns + k]), bits + finer))));
        }
        return coded;
    }

    bool fit(const CodedWeights& coded, const Weights& w, int spare) const {
        const fixed::TensorShape shape = {std::uint32_t(w.rows), std::uint32_t(coded.codes.size() / w.rows), 0,
                                          std::uint8_t(w.gates), 0, fixed::Role::kernel};
        return fixed::sums_fit(coded.codes.data(), shape, w.gates != 0, [&](std::uint32_t row) {
            return narrow_ ? spare - coded.finer[row] : 0;
        });
    }

    int most() const { return fixed::max_weight_bits - (narrow_ ? fixed::narrow_bits : 0); }
    int least() const { return fixed::min_weight_bits - (narrow_ ? fixed::narrow_bits : 0); }
    /// Bits more that the trainer must have room for.
    int least_spare(int bits) const { return narrow_ ? std::max(fixed::min_weight_bits - bits, 0) : 0; }
    int limit() const { return narrow_ ? 127 : fixed::weight_limit; }

    bool narrow_;
};

std::vector<std::int32_t> code_biases(const Layer& layer, const std::vector<float>& values) {
    std::vector<std::int32_t> biases;
    for (const float v : values) {
        const double scaled = std::nearbyint(std::ldexp(double(v), fixed::bias_bits));
        if (std::fabs(scaled) > fixed::number_limit)
            refuse_fixed(layer, "a bias of " + std::to_string(v) + " is beyond the +-16 of a fixed network");
        biases.push_back(std::int32_t(scaled));
    }
    return biases;
}

/// GRU: the biases of z and r, which the graph holds summed, stand with the input part.
std::vector<float> parts_of_bias(const Recurrent& r) {
    std::vector<float> bias = r.bias;
    if (r.cell == schema::Cell::gru) bias.insert(bias.begin() + std::ptrdiff_t(3 * r.units), 2 * r.units, 0.0f);
    return bias;
}

std::vector<float> transposed(const Matrix& m) {
    std::vector<float> values;
    for (std::size_t c = 0; c < m.columns; ++c)
        for (std::size_t r = 0; r < m.rows; ++r) values.push_back(m.at(r, c));
    return values;
}

/// Fraction bits that leave as much room again above what was seen or follows from weights, which learning may change.
int range_bits(double largest) {
    int bits = fixed::unit_bits;
    while (bits > 0 && std::ldexp(2 * largest, bits) > 32767) --bits;
    return bits;
}

class FixedQuantizer {
public:
    FixedQuantizer(const Graph& graph, const Formats& formats, const Calibration* calibration)
        : format_(formats.matrices),
          coder_(formats.matrices),
          calibration_(calibration),
          one_hot_(formats.one_hot || (calibration && calibration->tokens)),
          stored_(in_float(graph)) {}

    StoredGraph run() {
        for (std::size_t i = 0; i < stored_.numbers.size(); ++i) {
            const Layer& layer = stored_.graph.layers[i];
            Numbers& numbers = stored_.numbers[i];
            numbers.format = format_;
            numbers.fixed.emplace();
            leave_out_dropout(stored_.graph, i, i == 0 && one_hot_);
            if (const auto* e = std::get_if<Embedding>(&layer.kind)) choose(layer, *e, *numbers.fixed);
            else if (const auto* d = std::get_if<Dense>(&layer.kind)) choose(layer, *d, *numbers.fixed);
            else choose(i, std::get<Recurrent>(layer.kind), numbers);
            auto& finer = numbers.fixed->finer;
            if (std::all_of(finer.begin(), finer.end(), [](std::uint8_t bits) { return bits == 0; })) finer.clear();
        }
        return std::move(stored_);
    }

private:
    void choose(const Layer& layer, const Embedding& e, FixedNumbers& numbers) {
        set_kernel(numbers, coder_.code(layer, {e.table.values, e.table.rows, 1, false}));
        inputs_.rows = &e.table;
    }

    void choose(const Layer& layer, const Dense& d, FixedNumbers& numbers) {
        set_kernel(numbers, coder_.code(layer, {d.weights.values, d.weights.rows, 0}));
        numbers.biases = code_biases(layer, d.bias);
    }

    static void set_kernel(FixedNumbers& numbers, CodedWeights coded) {
        numbers.kernel = std::move(coded.codes);
        numbers.weight_bits = coded.bits;
        numbers.finer = std::move(coded.finer);
    }

    void choose(std::size_t index, const Recurrent& r, Numbers& numbers) {
        const Layer& layer = stored_.graph.layers[index];
        FixedNumbers& fixed = *numbers.fixed;
        fixed.one_hot = index == 0 && one_hot_;
        if (fixed.one_hot) set_kernel(fixed, coder_.code(layer, {transposed(r.input), r.input.columns, 1, false}));
        else set_kernel(fixed, coder_.code(layer, {r.input.values, r.input.rows, gates(r.cell)}));
        CodedWeights recurrent = coder_.code(layer, {r.recurrent.values, r.recurrent.rows, gates(r.cell)});
        fixed.recurrent = std::move(recurrent.codes);
        fixed.recurrent_bits = recurrent.bits;
        fixed.finer.insert(fixed.finer.end(), recurrent.finer.begin(), recurrent.finer.end());
        fixed.biases = code_biases(layer, parts_of_bias(r));
        if (index == 0 && !fixed.one_hot) {
            fixed.input_bits = calibration_ ? range_bits(calibration_->features.largest()) : default_range_bits;
            numbers.input_origin = calibration_ ? Origin::maximum : Origin::assumed;
            inputs_.magnitudes.assign(r.input.columns, largest_of(fixed.input_bits));
            inputs_assumed_ = !calibration_;
        }
        inputs_.one_hot = fixed.one_hot;
        choose_state(index, r, numbers);
        inputs_ = {.magnitudes = std::vector<double>(r.units, largest_of(fixed.state_bits))};
        inputs_assumed_ = numbers.state_origin == Origin::assumed;
    }

    /// The range of the state: from its function; else from the weights or, where that is less, from data; without data
    /// and where inputs of an assumed range are all that speaks for more than the default, the default.
    void choose_state(std::size_t index, const Recurrent& r, Numbers& numbers) {
        FixedNumbers& fixed = *numbers.fixed;
        const Function f = r.activation.function;
        fixed.state_bits = fixed::unit_bits;
        numbers.state_origin = Origin::bounded;
        if (r.cell != schema::Cell::simple_rnn || (f != Function::relu && f != Function::linear)) return;
        fixed.state_bits = calibration_ ? range_bits(calibration_->outputs[index].largest()) : default_range_bits;
        numbers.state_origin = calibration_ ? Origin::maximum : Origin::assumed;
        const double error = std::ldexp(0.5, -std::min(fixed.weight_bits, fixed.recurrent_bits));
        const auto bounds = state_bounds(r, inputs_, error);
        if (!bounds) return;
        const int bits = range_bits(*std::max_element(bounds->begin(), bounds->end()));
        if (bits < (calibration_ || inputs_assumed_ ? fixed.state_bits : least_bound_bits)) return;
        fixed.state_bits = bits;
        numbers.state_origin = Origin::bounded;
    }

    /// The largest number with that many fraction bits: what is beyond it saturates.
    static double largest_of(int bits) { return std::ldexp(32767, -bits); }

    Format format_;
    Coder coder_;
    const Calibration* calibration_;
    bool one_hot_;
    StoredGraph stored_;
    StepInputs inputs_;                        ///< of the layer that is next
    bool inputs_assumed_ = false;              ///< their range
};

}  // namespace

StoredGraph quantize_fixed(const Graph& graph, const Formats& formats, const Calibration* calibration) {
    if (formats.embedding || formats.project == true)
        throw Error(
            "--quantize fixed and fixed8 decide on the embedding themselves: without --embedding and "
            "--project-embedding");
    if (formats.one_hot && !std::holds_alternative<Recurrent>(graph.layers.front().kind))
        throw Error("--one-hot: the model does not begin with a recurrent layer");
    check_fixed(graph);
    return FixedQuantizer(graph, formats, calibration).run();
}

}  // namespace runnel::converter
