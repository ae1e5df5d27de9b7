#include "quantize/fixed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

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

/// Real values to numbers of one format.
class Coder {
public:
    explicit Coder(Format format) : narrow_(format == Format::fixed8) {}

    /// The most fraction bits that the largest weight allows.
    int bits_of(const Layer& layer, const std::vector<float>& values) const {
        double largest = 0;
        for (const float v : values) largest = std::max(largest, std::fabs(double(v)));
        int bits = most();
        while (bits >= least() && std::nearbyint(std::ldexp(largest, bits)) > limit()) --bits;
        if (bits < least())
            refuse_fixed(layer, "a weight of " + std::to_string(largest) + " is beyond a fixed network");
        return bits;
    }

    std::vector<std::int16_t> code(const std::vector<float>& values, int bits) const {
        std::vector<std::int16_t> codes;
        for (const float v : values) codes.push_back(std::int16_t(std::nearbyint(std::ldexp(double(v), bits))));
        return codes;
    }

private:
    int most() const { return fixed::max_weight_bits - (narrow_ ? fixed::narrow_bits : 0); }
    int least() const { return fixed::min_weight_bits - (narrow_ ? fixed::narrow_bits : 0); }
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

/// A matrix as the runtime takes it.
struct Matrix16 {
    std::vector<std::int16_t> weights;
    std::int8_t bits;
};

/// The matrix with the bits that its sums of magnitudes allow: what the trainer makes of it. (int8 has more bits there,
/// of which it may give up those.) gates 0: Dense, whose columns are not summed.
Matrix16 fitted(const std::vector<std::int16_t>& codes, int bits, bool narrow, std::size_t rows, std::uint8_t gates) {
    Matrix16 m = {codes, std::int8_t(narrow ? bits + fixed::narrow_bits : bits)};
    if (narrow)
        for (auto& w : m.weights) w = std::int16_t(w * (1 << fixed::narrow_bits));
    std::int32_t largest = 0;
    for (const auto w : m.weights) largest = std::max(largest, std::abs(std::int32_t(w)));
    const fixed::TensorShape shape = {std::uint32_t(rows), std::uint32_t(codes.size() / rows), 0, gates, 0,
                                      fixed::Role::kernel};
    fixed::halve_until(m.weights.data(), m.weights.size(), largest, m.bits, [&] {
        if (narrow) fixed::to_grid(m.weights.data(), m.weights.data(), m.weights.size(), largest);
        return fixed::sums_fit(m.weights.data(), shape, gates != 0);
    });
    return m;
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
        }
        code();
        while (lower()) code();
        for_each_matrix([&](const Layer& layer, const std::vector<std::int16_t>& codes, int bits, const Matrix16& m) {
            for (std::size_t k = 0; k < codes.size(); ++k)
                if (std::ldexp(m.weights[k], -m.bits) != std::ldexp(codes[k], -bits))
                    refuse_fixed(layer, "the sums of its weights are beyond a fixed network");
        });
        return std::move(stored_);
    }

private:
    /// Calls f(layer, codes, their bits, what the runtime makes of them) for every matrix whose sums are bounded.
    template <class F> void for_each_matrix(F f) {
        for (std::size_t i = 0; i < stored_.numbers.size(); ++i) {
            const Layer& layer = stored_.graph.layers[i];
            FixedNumbers& numbers = *stored_.numbers[i].fixed;
            const auto matrix = [&](const std::vector<std::int16_t>& codes, int& bits, std::size_t rows,
                                    std::size_t gates) {
                f(layer, codes, bits, fitted(codes, bits, format_ == Format::fixed8, rows, std::uint8_t(gates)));
            };
            if (const auto* r = std::get_if<Recurrent>(&layer.kind)) {
                const std::size_t rows = r->recurrent.rows;
                if (!numbers.one_hot) matrix(numbers.kernel, numbers.weight_bits, rows, gates(r->cell));
                matrix(numbers.recurrent, numbers.recurrent_bits, rows, gates(r->cell));
            } else if (const auto* d = std::get_if<Dense>(&layer.kind)) {
                matrix(numbers.kernel, numbers.weight_bits, d->weights.rows, 0);
            }
        }
    }

    /// Lowers the fraction bits to those that the sums allow; whether any were.
    bool lower() {
        bool lowered = false;
        for_each_matrix([&](const Layer&, const std::vector<std::int16_t>&, int& bits, const Matrix16& m) {
            lowered |= m.bits < bits;
            bits = std::min(bits, int(m.bits));
        });
        return lowered;
    }

    void choose(const Layer& layer, const Embedding& e, FixedNumbers& numbers) {
        kernels_.push_back(e.table.values);
        numbers.weight_bits = coder_.bits_of(layer, e.table.values);
        inputs_.rows = &e.table;
    }

    void choose(const Layer& layer, const Dense& d, FixedNumbers& numbers) {
        kernels_.push_back(d.weights.values);
        numbers.weight_bits = coder_.bits_of(layer, d.weights.values);
        numbers.biases = code_biases(layer, d.bias);
    }

    void choose(std::size_t index, const Recurrent& r, Numbers& numbers) {
        const Layer& layer = stored_.graph.layers[index];
        FixedNumbers& fixed = *numbers.fixed;
        fixed.one_hot = index == 0 && one_hot_;
        kernels_.push_back(fixed.one_hot ? transposed(r.input) : r.input.values);
        fixed.weight_bits = coder_.bits_of(layer, r.input.values);
        fixed.recurrent_bits = coder_.bits_of(layer, r.recurrent.values);
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

    void code() {
        for (std::size_t i = 0; i < stored_.numbers.size(); ++i) {
            FixedNumbers& numbers = *stored_.numbers[i].fixed;
            numbers.kernel = coder_.code(kernels_[i], numbers.weight_bits);
            if (const auto* r = std::get_if<Recurrent>(&stored_.graph.layers[i].kind))
                numbers.recurrent = coder_.code(r->recurrent.values, numbers.recurrent_bits);
        }
    }

    Format format_;
    Coder coder_;
    const Calibration* calibration_;
    bool one_hot_;
    StoredGraph stored_;
    StepInputs inputs_;                        ///< of the layer that is next
    bool inputs_assumed_ = false;              ///< their range
    std::vector<std::vector<float>> kernels_;  ///< of each layer, in the order of the file
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
