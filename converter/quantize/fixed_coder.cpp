#include "quantize/fixed_coder.hpp"

#include <algorithm>
#include <cmath>

#include "base/fixed.hpp"
#include "base/limits.hpp"
#include "error.hpp"
#include "fixed/tensor.hpp"
#include "quantize/fixed_refusals.hpp"

namespace runnel::converter {

CodedWeights Coder::code(const Layer& layer, const Weights& w, int preactivation_bits) const {
    const int fewer = narrow_ ? fixed::narrow_bits : 0;
    const Limits limits = {fixed::least_weight_bits - fewer,
                           fixed::max_weight_bits - (fixed::preactivation_bits - preactivation_bits) - fewer,
                           narrow_ ? 127 : fixed::weight_limit};
    const std::vector<int> row_bits = bits_of_rows(layer, w, limits);
    for (int bits = *std::min_element(row_bits.begin(), row_bits.end()); bits >= limits.least; --bits) {
        // Bits more that the trainer must have room for, where it can have the weights.
        const int least_spare = std::clamp(fixed::min_weight_bits - bits, 0, fewer);
        for (int spare = fewer; spare >= least_spare; --spare) {
            CodedWeights coded = rounded(w, row_bits, bits, spare);
            if (!w.summed || fit(coded, w, spare)) return coded;
        }
    }
    refuse_fixed(layer, "the sums of its weights are beyond a fixed network");
}

std::vector<int> Coder::bits_of_rows(const Layer& layer, const Weights& w, const Limits& limits) const {
    std::vector<int> all;
    const std::size_t columns = w.values.size() / w.rows;
    for (std::size_t r = 0; r < w.rows; ++r) {
        double largest = 0;
        for (std::size_t k = 0; k < columns; ++k)
            largest = std::max(largest, std::fabs(double(w.values[r * columns + k])));
        int bits = limits.most;
        while (bits >= limits.least && std::nearbyint(std::ldexp(largest, bits)) > limits.weight) --bits;
        if (bits < limits.least)
            refuse_fixed(layer, "a weight of " + std::to_string(largest) + " is beyond a fixed network");
        all.push_back(bits);
    }
    return all;
}

CodedWeights Coder::rounded(const Weights& w, const std::vector<int>& row_bits, int bits, int spare) const {
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

bool Coder::fit(const CodedWeights& coded, const Weights& w, int spare) const {
    const fixed::TensorShape shape = {
        std::uint32_t(w.rows), std::uint32_t(coded.codes.size() / w.rows), 0, std::uint8_t(w.gates), 0,
        fixed::Role::kernel};
    return fixed::sums_fit(coded.codes.data(), shape, w.gates != 0,
                           [&](std::uint32_t row) { return narrow_ ? spare - coded.finer[row] : 0; });
}

std::vector<std::int32_t> code_biases(const Layer& layer, const std::vector<float>& values, int preactivation_bits) {
    std::vector<std::int32_t> biases;
    for (const float v : values) {
        const double scaled = std::nearbyint(std::ldexp(double(v), preactivation_bits + fixed::bias_bits_more));
        if (std::fabs(scaled) > fixed::number_limit)
            refuse_fixed(layer, "a bias of " + std::to_string(v) + " is beyond the +-65536 of a fixed network");
        biases.push_back(std::int32_t(scaled));
    }
    return biases;
}

}  // namespace runnel::converter
