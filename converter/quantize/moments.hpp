/// How the numbers that a matrix multiplies vary together.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace runnel::converter {

/// Mean and covariance of vectors of `size` numbers.
class Moments {
public:
    explicit Moments(std::size_t size) : size_(size), sums_(size), products_(size * size) {}

    /// The vector is `first`, then `second`: `size` numbers in all.
    void add(std::span<const float> first, std::span<const float> second);
    /// Ends the adding; `size` 0 or no vectors: all are zero.
    void finish();

    std::size_t size() const { return size_; }
    double mean(std::size_t k) const { return sums_[k]; }
    /// A multiple of the unit matrix is added, so that what the data happens not to show keeps some weight.
    double covariance(std::size_t j, std::size_t k) const { return products_[j * size_ + k]; }

private:
    std::size_t size_;
    std::uint64_t count_ = 0;
    std::vector<double> sums_, products_;
    std::vector<std::pair<std::size_t, double>> present_;  ///< the numbers of a vector that are not zero
};

}  // namespace runnel::converter
