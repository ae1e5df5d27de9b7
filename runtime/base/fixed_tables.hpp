/// Tables for functions in integers: made by the compiler; no floating point is left in the program.
/// An entry holds the value at its node in the upper and the absolute difference to the next node in the lower
/// 16 bits; between nodes the functions are linear.
#pragma once
#include <stdint.h>

namespace runnel::fixed {

template <int N> struct Table { uint32_t entry[N]; };

namespace table_detail {

constexpr double exp(double x) {
    int halvings = 0;
    for (double a = x < 0 ? -x : x; a > 0.5; a /= 2) ++halvings;
    const double small = x / double(1ull << halvings);
    double sum = 1, term = 1;
    for (int i = 1; i < 20; ++i) sum += term *= small / i;
    for (int i = 0; i < halvings; ++i) sum *= sum;
    return sum;
}
constexpr double tanh(double x) { return 1 - 2 / (exp(2 * x) + 1); }
constexpr double sqrt(double x) {
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 60; ++i) root = (root + x / root) / 2;
    return root;
}
/// log(1 + y) for 0 <= y <= 1.
constexpr double log1p(double y) {
    const double s = y / (2 + y);
    double sum = 0, power = s;
    for (int i = 1; i < 60; i += 2, power *= s * s) sum += power / i;
    return 2 * sum;
}
constexpr uint32_t nearest(double x) {
    const auto below = uint32_t(x);
    return below + (x - below >= 0.5 ? 1 : 0);
}

/// N intervals of a function that grows or falls monotonically; `node(i)` is its value, scaled to below 2^16.
template <int N, class Node> constexpr Table<N> make(Node node) {
    Table<N> table{};
    for (int i = 0; i < N; ++i) {
        const uint32_t a = nearest(node(i)), b = nearest(node(i + 1));
        const uint32_t value = a > 65535 ? 65535 : a, next = b > 65535 ? 65535 : b;
        table.entry[i] = value << 16 | (next > value ? next - value : value - next);
    }
    return table;
}

}  // namespace table_detail

/// tanh over [0, 8) in steps of 1/64, 16 fraction bits, growing. The nodes are moved by h^2 f''/16, which halves the
/// error between them.
constexpr Table<512> tanh_table = table_detail::make<512>([](int i) constexpr {
    const double t = table_detail::tanh(i / 64.0), second = -2 * t * (1 - t * t);
    return 65536 * (t - second / (16 * 4096.0));
});

/// log(1 + exp(-x)) over [0, 16) in steps of 1/32, 16 fraction bits, falling.
constexpr Table<512> softplus_table =
    table_detail::make<512>([](int i) constexpr { return 65536 * table_detail::log1p(table_detail::exp(-i / 32.0)); });

/// 2^-x over [0, 1) in steps of 1/256, 16 fraction bits, falling.
constexpr Table<256> exp2_table = table_detail::make<256>(
    [](int i) constexpr { return 65536 * table_detail::exp(-0.69314718055994530942 * i / 256.0); });

/// log2(1 + x) over [0, 1) in steps of 1/256, 16 fraction bits, growing.
constexpr Table<256> log2_table = table_detail::make<256>(
    [](int i) constexpr { return 65536 * table_detail::log1p(i / 256.0) / 0.69314718055994530942; });

/// 2^23 / sqrt(m) for m in [2^14, 2^16) in steps of 128, falling; entry m / 128 - 128.
constexpr Table<384> rsqrt_table =
    table_detail::make<384>([](int i) constexpr { return 8388608 / table_detail::sqrt((i + 128) * 128.0); });

}  // namespace runnel::fixed
