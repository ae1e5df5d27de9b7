#include "functions.hpp"
#include "layers.hpp"

namespace runnel::fixed {
namespace {

/// The largest format, at most 14 bits, in which an output that does not stay within 1 surely fits int16.
int derived_output_bits(const Dense& d, Weights w, const int32_t* bias) {
    int64_t bound = 0;
    for (uint32_t u = 0; u < d.units; ++u) bound = larger<int64_t>(bound, magnitude(bias[u]));
    const RowSum largest = row_sum(w, 0, d.units, d.inputs);
    bound = (bound >> bias_bits_more) +
            rescale(int64_t(largest.sum) << unit_bits, d.input_bits + largest.bits - d.preactivation_bits);
    int bits = smaller<int>(14, d.preactivation_bits);
    while (bits > d.preactivation_bits - preactivation_bits && (bound >> (d.preactivation_bits - bits)) > 32760) --bits;
    return bits;
}

/// shift_of(row): of the row's sum.
template <class W, class Shift>
void multiply(Dense& d, const W* w, Shift shift_of, const int32_t* bias, const int16_t* x, uint32_t L) {
    for (uint32_t u = 0; u < d.units; ++u) {
        const int shift = shift_of(u);
        for (uint32_t l = 0; l < L; ++l) {
            int64_t sum = 0;
            for (uint32_t k = 0; k < d.inputs; ++k) sum += int32_t(w[size_t(u) * d.inputs + k]) * x[k * L + l];
            // |sum| < 2^31
            const int64_t product =
                shift >= 0 ? round_shift_wide(sum, shift) : sum * (int64_t(1) << smaller(-shift, 31));
            const int64_t a = product + round_shift(bias[u], bias_bits_more);
            d.a[u * L + l] = saturate32(a);
            d.saturated.preactivations += d.a[u * L + l] != a;
        }
    }
}

}  // namespace

void prepare(Dense& d, Weights kernel, const int32_t* bias) {
    d.output_bits = int8_t(stays_within_one(d.activation) ? unit_bits : derived_output_bits(d, kernel, bias));
}

void step(const Kernels& kernels, Dense& d, Weights kernel, const int32_t* bias, const int16_t* x, uint32_t L) {
    const int shift = d.input_bits + kernel.bits - d.preactivation_bits;
    if (kernel.narrow) {
        const Codes codes = kernel.codes();
        multiply(
            d, codes.numbers, [&](uint32_t row) { return shift + codes.finer_of(row); }, bias, x, L);
    } else {
        multiply(
            d, kernel.wide(), [&](uint32_t) { return shift; }, bias, x, L);
    }
    if (d.y)
        activate(kernels, {d.a, d.y, &d.saturated.states, int(d.units * L), d.output_bits, d.activation},
                 d.preactivation_bits);
}

}  // namespace runnel::fixed
