/// Options whose value is a name.
#pragma once
#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>

namespace runnel {

/// Adds an option that sets `to` to what `value_of` makes of a name, which throws std::invalid_argument for an unknown
/// one.
template <class T, class Value>
void add_named_option(CLI::App& command, const std::string& option, T& to, Value value_of, const std::string& text) {
    const auto refusal = [value_of](const std::string& name) -> std::string {
        try {
            (void)value_of(name);
            return {};
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    const auto set = [&to, value_of](const std::string& name) { to = value_of(name); };
    command.add_option_function<std::string>(option, set, text)
        ->type_name("NAME")
        ->check(refusal, "");
}

}  // namespace runnel
