#include "names.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "terminal.hpp"
#include "text.hpp"

namespace runnel {
namespace {

constexpr Named<Loss> losses[] = {
    {"binary_crossentropy", Loss::bce},
    {"categorical_crossentropy", Loss::categorical},
    {"sparse_categorical_crossentropy", Loss::categorical},
    {"mean_squared_error", Loss::mse},
    {"mean_absolute_error", Loss::mae},
    {"bce", Loss::bce},
    {"categorical", Loss::categorical},
    {"mse", Loss::mse},
    {"mae", Loss::mae},
};

constexpr Named<training::Optimizer> optimizers[] = {
    {"sgd", training::Optimizer::sgd},
    {"rmsprop", training::Optimizer::rmsprop},
    {"adam", training::Optimizer::adam},
};

/// The name in lower case, without '_' and '-'.
std::string plain(std::string_view name) {
    std::string result;
    for (const char c : name)
        if (c != '_' && c != '-') result += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return result;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) { return plain(a) == plain(b); }

std::string listed(std::span<const std::string> names) {
    constexpr std::size_t most = 32;
    return joined(names.first(std::min(names.size(), most)), ", ", excerpt) + (names.size() > most ? ", ..." : "");
}

namespace {

/// Letters that are wrong, missing, too many, or two neighbours exchanged, between two names.
std::size_t distance(std::string_view a, std::string_view b) {
    // row[j]: between the letters of `a` so far and the first j of `b`; the rows of one and two letters less.
    std::vector<std::size_t> row(b.size() + 1), above(b.size() + 1), above_that(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        above_that.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], above_that[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> known) {
    constexpr std::size_t most = 2;
    std::string best;
    std::size_t least = most + 1;
    for (const std::string& candidate : known) {
        if (name.size() > candidate.size() + most) continue;
        const std::size_t d = distance(name, candidate);
        if (d >= least || 2 * d >= candidate.size()) continue;
        least = d;
        best = candidate;
    }
    return best;
}

void refuse_name(std::string_view name, std::span<const std::string> known) {
    throw std::invalid_argument(quote(name) + " is none of these: " + listed(known));
}

Loss loss_named(std::string_view name) { return named<Loss>(name, losses); }

training::Optimizer optimizer_named(std::string_view name) { return named<training::Optimizer>(name, optimizers); }

}  // namespace runnel
