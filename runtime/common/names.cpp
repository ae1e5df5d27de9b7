#include "names.hpp"

#include <algorithm>
#include <stdexcept>

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

void refuse_name(std::string_view name, std::span<const std::string> known) {
    throw std::invalid_argument(quote(name) + " is none of these: " + listed(known));
}

Loss loss_named(std::string_view name) { return named<Loss>(name, losses); }

training::Optimizer optimizer_named(std::string_view name) { return named<training::Optimizer>(name, optimizers); }

}  // namespace runnel
