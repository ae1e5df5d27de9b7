#include "functions.hpp"

#include "outputs.hpp"

namespace runnel::fixed {
namespace {

constexpr int chunk = 64;

/// Whether Kernels::activate has it.
bool is_kernel(Function f) { return f != Function::silu && f != Function::hard_sigmoid_keras3; }

/// Of functions that stay within 1, over at most `chunk` numbers.
void apply_bounded(const Kernels& kernels, Function f, int32_t* a, int n, int bits) {
    int16_t y[chunk];
    uint32_t none = 0;
    for (int i = 0; i < n; ++i) a[i] = preactivation_of(a[i], bits);
    if (is_kernel(f)) {
        kernels.activate({a, y, &none, n, unit_bits, f});
        for (int i = 0; i < n; ++i) a[i] = y[i];
    } else {
        for (int i = 0; i < n; ++i)
            a[i] = smaller<int32_t>(hard_sigmoid_keras3_of(a[i]) >> (preactivation_bits - unit_bits), unit - 1);
    }
}

}  // namespace

int32_t silu_of(int32_t a, int bits) {
    return int32_t(round_shift_wide(int64_t(a) * sigmoid_of(preactivation_of(a, bits)), preactivation_bits));
}

void apply(const Kernels& kernels, Function f, int32_t* a, int n, int bits) {
    if (stays_within_one(f)) {
        for (int i = 0; i < n; i += chunk) apply_bounded(kernels, f, a + i, smaller(n - i, chunk), bits);
    } else if (f == Function::relu) {
        for (int i = 0; i < n; ++i) a[i] = larger(a[i], 0);
    } else if (f == Function::silu) {
        for (int i = 0; i < n; ++i) a[i] = silu_of(a[i], bits);
    }
}

uint32_t to_states(const int32_t* a, int16_t* to, int n, int bits, int to_bits) {
    uint32_t saturated = 0;
    for (int i = 0; i < n; ++i) {
        const int32_t y = rescale(a[i], bits - to_bits), inside = clamp<int32_t>(y, -INT16_MAX, INT16_MAX);
        saturated += y != inside;
        to[i] = int16_t(inside);
    }
    return saturated;
}

void activate(const Kernels& kernels, const Activate& request, int bits) {
    if (bits == preactivation_bits && is_kernel(request.function)) return kernels.activate(request);
    int32_t y[chunk];
    for (int i = 0; i < request.n; i += chunk) {
        const int n = smaller(request.n - i, chunk);
        __builtin_memcpy(y, request.a + i, size_t(n) * sizeof *y);
        apply(kernels, request.function, y, n, bits);
        const int from = stays_within_one(request.function) ? unit_bits : bits;
        *request.saturated += to_states(y, request.y + i, n, from, request.y_bits);
    }
}

}  // namespace runnel::fixed
