/// Names that are asked for. Losses and optimizers have Keras' names (https://keras.io/api/losses,
/// https://keras.io/api/optimizers): those of functions and classes, and the short ones.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "losses.hpp"
#include "runnel/trainer.hpp"

namespace runnel {

/// Equal but for case, '_' and '-': "RMSprop" and "rmsprop", "BinaryCrossentropy" and "binary_crossentropy".
bool same_name(std::string_view a, std::string_view b);

/// "sgd, rmsprop, adam"; of many names the first.
std::string listed(std::span<const std::string> names);

/// The known name that differs from this one by at most two letters that are wrong, missing, too many or exchanged, and
/// by fewer than half of its own; "" if there is none.
std::string nearest(std::string_view name, std::span<const std::string> known);

/// Throws std::invalid_argument: '"Adamax" is none of these: sgd, rmsprop, adam'.
[[noreturn]] void refuse_name(std::string_view name, std::span<const std::string> known);

template <class T> struct Named {
    std::string_view name;
    T value;
};

template <class T> std::vector<std::string> names_of(std::span<const Named<T>> known) {
    std::vector<std::string> names;
    for (const Named<T>& entry : known) names.emplace_back(entry.name);
    return names;
}

/// What the name stands for. Throws std::invalid_argument with the known ones.
template <class T> T named(std::string_view name, std::span<const Named<T>> known) {
    for (const Named<T>& entry : known)
        if (same_name(name, entry.name)) return entry.value;
    refuse_name(name, names_of(known));
}

/// Throws std::invalid_argument with the known ones.
Loss loss_named(std::string_view name);
training::Optimizer optimizer_named(std::string_view name);

}  // namespace runnel
