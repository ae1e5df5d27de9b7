/// Sequences and what a network shall answer to them, as the trainer takes them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "runnel/trainer.hpp"

namespace runnel {

/// Tokens or features [count][steps], or tokens of sequences of different lengths.
struct Examples {
    std::vector<std::uint16_t> tokens;
    std::vector<std::int16_t> features;
    std::vector<std::int32_t> targets;  ///< as training::Batch::targets
    std::uint32_t count = 0;
    std::uint32_t steps = 0;          ///< of the longest
    std::size_t limited = 0;          ///< features beyond what the model's numbers hold, and so set to the end
    std::vector<std::size_t> starts;  ///< of each sequence in `tokens`, and the end; empty: all have `steps`

    /// Sequences that a batch may hold: those of different lengths go one by one.
    std::uint32_t most_together() const { return starts.empty() ? UINT32_MAX : 1; }

    /// The sequences of these numbers, at most `most_together()`. The batch leads into `order` and this.
    training::Batch batch(std::span<const std::uint32_t> order) const {
        const auto size = static_cast<std::uint32_t>(order.size());
        if (starts.empty())
            return {.tokens = tokens.data(),
                    .features = features.data(),
                    .targets = targets.data(),
                    .order = order.data(),
                    .count = size,
                    .steps = steps};
        const std::size_t i = order[0], start = starts[i];
        return {.tokens = tokens.data() + start,
                .targets = targets.data() + i * (targets.size() / count),
                .count = 1,
                .steps = static_cast<std::uint32_t>(starts[i + 1] - start)};
    }
};

/// Whether the targets only rise or only fall from one example to the next where they differ, and they do somewhere. An
/// example of several targets is compared as a word is, letter by letter.
inline bool targets_sorted(const Examples& examples) {
    const std::size_t width = examples.targets.size() / examples.count;
    bool rises = false, falls = false;
    for (auto row = examples.targets.begin() + static_cast<std::ptrdiff_t>(width); row != examples.targets.end();) {
        const auto end = row + static_cast<std::ptrdiff_t>(width);
        const auto order = std::lexicographical_compare_three_way(row - (end - row), row, row, end);
        rises |= order < 0;
        falls |= order > 0;
        row = end;
    }
    return rises != falls;
}

/// Some of the examples, by number. The examples must outlive it.
struct Part {
    const Examples* examples;
    std::vector<std::uint32_t> order;

    /// All.
    explicit Part(const Examples& of) : examples(&of), order(of.count) { std::iota(order.begin(), order.end(), 0); }

    /// Those at places first .. end - 1 of this one's order.
    Part part(std::size_t first, std::size_t end) const {
        Part some = *this;
        const auto begin = order.begin();
        some.order.assign(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(end));
        return some;
    }

    /// Calls f(batch) for batches of at most `size` sequences, in order, until it returns false; whether it never did.
    template <class F> bool for_batches(std::uint32_t size, F f) const {
        size = std::min(size, examples->most_together());
        for (std::size_t i = 0; i < order.size(); i += size)
            if (!f(examples->batch(std::span(order).subspan(i, std::min<std::size_t>(size, order.size() - i)))))
                return false;
        return true;
    }
};

}  // namespace runnel
