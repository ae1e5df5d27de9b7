#include "quantize/moments.hpp"

#include <algorithm>

namespace runnel::converter {
namespace {
/// Of the mean variance. Rows that only fit the directions of the data would change how errors go round in the state.
constexpr double unit_share = 1;
}  // namespace

void Moments::add(std::span<const float> first, std::span<const float> second) {
    present_.clear();
    for (std::size_t k = 0; k < size_; ++k)
        if (const double value = k < first.size() ? first[k] : second[k - first.size()]; value != 0)
            present_.emplace_back(k, value);
    for (const auto& [j, value] : present_) {
        sums_[j] += value;
        for (const auto& [k, other] : present_) products_[j * size_ + k] += value * other;
    }
    ++count_;
}

void Moments::finish() {
    const double n = double(std::max<std::uint64_t>(count_, 1));
    for (double& sum : sums_) sum /= n;
    double variance = 0;
    for (std::size_t j = 0; j < size_; ++j) {
        for (std::size_t k = 0; k < size_; ++k)
            products_[j * size_ + k] = products_[j * size_ + k] / n - sums_[j] * sums_[k];
        variance += products_[j * size_ + j];
    }
    for (std::size_t k = 0; k < size_; ++k) products_[k * size_ + k] += unit_share * variance / double(size_);
}

}  // namespace runnel::converter
