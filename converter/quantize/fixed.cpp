#include "quantize/fixed.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/fixed.hpp"
#include "base/limits.hpp"
#include "error.hpp"
#include "quantize/fixed_coder.hpp"
#include "quantize/fixed_dropout.hpp"
#include "quantize/fixed_refusals.hpp"
#include "quantize/state_bounds.hpp"

namespace runnel::converter {
namespace {

using schema::Format;

constexpr int least_bound_bits = 7;  ///< a range beyond +-256 would leave too little of small states

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

/// The largest number with that many fraction bits: what is beyond it saturates.
double largest_of(int bits) { return std::ldexp(32767, -bits); }

/// How far W x goes: four times what inputs that do not depend on each other give together, the worst of them at most.
double likely_reach(const Matrix& w, std::size_t row, const std::vector<double>& x) {
    double squares = 0, sum = 0;
    for (std::size_t k = 0; k < w.columns; ++k) {
        const double product = std::fabs(double(w.at(row, k))) * x[k];
        squares += product * product, sum += product;
    }
    return std::min(sum, 4 * std::sqrt(squares));
}
double likely_reach(const Matrix& w, const std::vector<double>& x) {
    double most = 0;
    for (std::size_t row = 0; row < w.rows; ++row) most = std::max(most, likely_reach(w, row, x));
    return most;
}

/// The most fraction bits of pre-activations with which biases fit, and parts of up to `reach` are within 2^limit_bits.
int preactivation_bits_for(const std::vector<float>& bias, double reach, int limit_bits) {
    double largest = 0;
    for (const float b : bias) largest = std::max(largest, std::fabs(double(b)));
    int bits = fixed::preactivation_bits;
    while (bits > fixed::least_preactivation_bits &&
           (std::nearbyint(std::ldexp(largest, bits + fixed::bias_bits_more)) > fixed::number_limit ||
            std::ldexp(reach, bits) > std::ldexp(1, limit_bits)))
        --bits;
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
            std::visit([&](const auto& kind) { choose(i, kind, numbers); }, layer.kind);
            auto& finer = numbers.fixed->finer;
            if (std::all_of(finer.begin(), finer.end(), [](std::uint8_t bits) { return bits == 0; })) finer.clear();
        }
        return std::move(stored_);
    }

private:
    const Layer& layer(std::size_t index) const { return stored_.graph.layers[index]; }

    template <class Kind> void choose(std::size_t, const Kind&, Numbers&) {}  // none that check_fixed lets pass
    void choose(std::size_t, const Masking&, Numbers&) {}

    void choose(std::size_t index, const Embedding& e, Numbers& numbers) {
        set_kernel(*numbers.fixed,
                   coder_.code(layer(index), {e.table.values, e.table.rows, 1, false}, fixed::preactivation_bits));
        inputs_.rows = &e.table;
        inputs_.magnitudes.assign(e.table.columns, 0);
        for (std::size_t k = 0; k < e.table.values.size(); ++k) {
            double& largest = inputs_.magnitudes[k % e.table.columns];
            largest = std::max(largest, std::fabs(double(e.table.values[k])));
        }
        entered_ = true;
    }

    void choose(std::size_t index, const Activate& a, Numbers& numbers) {
        enter(numbers, a.width);
        set_outputs(index, a.activation.function, inputs_.magnitudes);
    }

    void choose(std::size_t index, const Dense& d, Numbers& numbers) {
        FixedNumbers& fixed = *numbers.fixed;
        enter(numbers, d.weights.columns);
        const Function f = d.activation.function;
        double reach = 0;
        if (!stays_within_one(f)) {
            for (std::size_t u = 0; u < d.weights.rows; ++u)
                reach = std::max(reach, likely_reach(d.weights, u, inputs_.magnitudes) + std::fabs(double(d.bias[u])));
            if (calibration_ && f == Function::linear) reach = 2 * calibration_->outputs[index].largest();
        }
        fixed.preactivation_bits = preactivation_bits_for(d.bias, reach, 31);
        set_kernel(fixed, coder_.code(layer(index), {d.weights.values, d.weights.rows, 0}, fixed.preactivation_bits));
        fixed.biases = code_biases(layer(index), d.bias, fixed.preactivation_bits);
        std::vector<double> outputs;
        for (std::size_t u = 0; u < d.weights.rows; ++u) {
            double sum = std::fabs(double(d.bias[u]));
            for (std::size_t k = 0; k < d.weights.columns; ++k)
                sum += std::fabs(double(d.weights.at(u, k))) * inputs_.magnitudes[k];
            outputs.push_back(std::min(sum, std::ldexp(1, 31 - fixed.preactivation_bits)));
        }
        set_outputs(index, f, std::move(outputs));
    }

    static void set_kernel(FixedNumbers& numbers, CodedWeights coded) {
        numbers.kernel = std::move(coded.codes);
        numbers.weight_bits = coded.bits;
        numbers.finer = std::move(coded.finer);
    }

    /// Of the first layer: the range of the features.
    void enter(Numbers& numbers, std::size_t width) {
        if (entered_) return;
        entered_ = true;
        numbers.fixed->input_bits = calibration_ ? range_bits(calibration_->features.largest()) : default_range_bits;
        numbers.input_origin = calibration_ ? Origin::maximum : Origin::assumed;
        inputs_.magnitudes.assign(width, largest_of(numbers.fixed->input_bits));
        inputs_assumed_ = !calibration_;
    }

    /// What the next layer gets: of functions that have no bound of their own, at most `magnitudes`.
    void set_outputs(std::size_t index, Function f, std::vector<double> magnitudes) {
        if (stays_within_one(f)) magnitudes.assign(output_width(layer(index)), 1);
        inputs_ = {.magnitudes = std::move(magnitudes)};
    }

    void choose(std::size_t index, const Recurrent& r, Numbers& numbers) {
        FixedNumbers& fixed = *numbers.fixed;
        fixed.one_hot = index == 0 && one_hot_;
        if (fixed.one_hot)
            inputs_ = {.one_hot = true, .magnitudes = std::vector<double>(r.input.columns, 1)}, entered_ = true;
        enter(numbers, r.input.columns);
        choose_state(index, r, numbers);
        const std::vector<double> states(r.units, largest_of(fixed.state_bits));
        double reach = 0;  // of the input's and of the state's part, where the function follows them
        if (!stays_within_one(r.activation.function))
            reach = std::max(likely_reach(r.input, inputs_.magnitudes), likely_reach(r.recurrent, states));
        const int bits = fixed.preactivation_bits = preactivation_bits_for(r.bias, reach, 29);
        if (fixed.one_hot)
            set_kernel(fixed, coder_.code(layer(index), {transposed(r.input), r.input.columns, 1, false}, bits));
        else set_kernel(fixed, coder_.code(layer(index), {r.input.values, r.input.rows, gates(r.cell)}, bits));
        CodedWeights recurrent = coder_.code(layer(index), {r.recurrent.values, r.recurrent.rows, gates(r.cell)}, bits);
        fixed.recurrent = std::move(recurrent.codes);
        fixed.recurrent_bits = recurrent.bits;
        fixed.finer.insert(fixed.finer.end(), recurrent.finer.begin(), recurrent.finer.end());
        fixed.biases = code_biases(layer(index), parts_of_bias(r), bits);
        inputs_ = {.magnitudes = states};
        inputs_assumed_ = numbers.state_origin == Origin::assumed;
    }

    /// The range of the state: from its function; else from the weights of a simple cell or, where that is less, from
    /// data; without data and where inputs of an assumed range are all that speaks for more than the default, the
    /// default.
    void choose_state(std::size_t index, const Recurrent& r, Numbers& numbers) {
        FixedNumbers& fixed = *numbers.fixed;
        const Function f = r.activation.function;
        fixed.state_bits = fixed::unit_bits;
        numbers.state_origin = Origin::bounded;
        if (stays_within_one(f)) return;
        fixed.state_bits = calibration_ ? range_bits(calibration_->outputs[index].largest()) : default_range_bits;
        numbers.state_origin = calibration_ ? Origin::maximum : Origin::assumed;
        if (r.cell != schema::Cell::simple_rnn || f == Function::silu) return;
        const auto bounds = state_bounds(r, inputs_, largest_rounding(index, r));
        if (!bounds) return;
        const int bits = range_bits(*std::max_element(bounds->begin(), bounds->end()));
        if (bits < (calibration_ || inputs_assumed_ ? fixed.state_bits : least_bound_bits)) return;
        fixed.state_bits = bits;
        numbers.state_origin = Origin::bounded;
    }

    /// By how much a weight of the layer can be off.
    double largest_rounding(std::size_t index, const Recurrent& r) const {
        const auto bits = [&](const Matrix& m, bool summed) {
            return coder_.code(layer(index), {m.values, m.rows, gates(r.cell), summed}, fixed::preactivation_bits).bits;
        };
        return std::ldexp(0.5, -std::min(bits(r.input, !(index == 0 && one_hot_)), bits(r.recurrent, true)));
    }

    Format format_;
    Coder coder_;
    const Calibration* calibration_;
    bool one_hot_;
    StoredGraph stored_;
    StepInputs inputs_;            ///< of the layer that is next
    bool inputs_assumed_ = false;  ///< their range
    bool entered_ = false;         ///< they are not the model's features
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
