/// What the programs say of a command line that is wrong.
#pragma once
#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "names.hpp"
#include "text.hpp"

namespace runnel {

/// "; did you mean --output?", or "" where none of the known is near.
inline std::string suggestion(std::string_view name, std::span<const std::string> known) {
    const std::string near = nearest(name, known);
    return near.empty() ? "" : "; did you mean " + near + "?";
}

/// Long names of a command's options, each with its dashes.
inline std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

/// What is wrong, behind the program's name and its command's: a name that is misspelt, or what the parser says.
inline std::string usage_text(const CLI::App& program, const CLI::Error& error, int argc, const char* const* argv) {
    const auto commands = program.get_subcommands([](const CLI::App*) { return true; });
    const auto parsed = program.get_subcommands();
    const CLI::App& command = parsed.empty() ? program : *parsed.front();
    const std::string name = program.get_name() + (parsed.empty() ? "" : " " + command.get_name()) + ": ";
    const std::span words(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
    if (parsed.empty() && !commands.empty() && !words.empty() && words[0][0] != '-') {
        std::vector<std::string> names;
        for (const CLI::App* known : commands) names.push_back(known->get_name());
        return name + quote(words[0]) + " is none of the commands: " + listed(names) + suggestion(words[0], names);
    }
    const std::vector<std::string> options = option_names(command);
    for (std::string_view word : words) {
        word = word.substr(0, word.find('='));
        const bool known = std::find(options.begin(), options.end(), word) != options.end();
        if (word.size() > 2 && word.starts_with("--") && !known)
            return name + quote(word) + " is none of its options" + suggestion(word, options);
    }
    const auto extra = program.remaining(true);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) && !extra.empty())
        return name + quote(extra.front()) + " is not expected; a value with spaces stands in quotation marks";
    const std::string text = shortened(error.what(), argc, argv);
    for (const CLI::Option* option : command.get_options())
        if (dynamic_cast<const CLI::ConversionError*>(&error) && option->get_delimiter() != '\0' &&
            text.find(option->get_name()) != text.npos)
            return name + text + "; several values stand between commas, without spaces";
    return name + text;
}

}  // namespace runnel
