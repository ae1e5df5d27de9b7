/// runnel run, live from standard input.
#include <charconv>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "common/sequences.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "run.hpp"

namespace runnel {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r";
    const auto start = text.find_first_not_of(space);
    if (start == text.npos) return {};
    return text.substr(start, text.find_last_not_of(space) - start + 1);
}

template <class T>
T parse_number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw std::invalid_argument(quote(text) + " is not a number");
    return value;
}

/// "0.5, -1, 2e-3" into `features`, which keeps its memory from line to line.
void parse_features(std::string_view line, std::vector<float>& features) {
    features.clear();
    while (true) {
        const auto comma = line.find(',');
        features.push_back(parse_number<float>(line.substr(0, comma)));
        if (comma == line.npos) return;
        line.remove_prefix(comma + 1);
    }
}

/// A line without comma is a token, unless the model takes single features.
Status step(LiveStream& stream, const ModelInfo& info, std::string_view line, std::vector<float>& features) {
    const bool one_value = line.find(',') == line.npos;
    if (one_value && (info.takes_tokens || info.inputs > 1))
        return stream.step(token_id(parse_number<double>(line), info));
    if (info.takes_tokens) throw std::invalid_argument("it has several values");
    parse_features(line, features);
    if (features.size() != info.inputs)
        throw std::invalid_argument("it has " + std::to_string(features.size()) + " values");
    return stream.step(features.data(), features.size());
}

/// One line where the model saw no more than so many steps, and this stream goes on beyond them.
void tell_of_carried_state(const LoadedModel& loaded, const LiveOptions& options) {
    const std::string steps = std::to_string(loaded.info().sequence_length);
    if (loaded.info().sequence_length == 0 || options.window > 0 || options.reset_every > 0) return;
    std::cerr << "runnel: " << loaded.path() << " was trained on sequences of " << steps
              << (steps == "1" ? " step" : " steps") << ", but this stream carries its state on: --window " << steps
              << " answers as in training, --reset-every " << steps << " begins anew\n";
}

}  // namespace

void run_live(LoadedModel& loaded, const RunOptions& options) {
    const ModelInfo& info = loaded.info();
    if (::isatty(STDIN_FILENO))
        std::cerr << "One step a line (" << input_text(info) << "); an empty line resets, Ctrl-D ends.\n";
    tell_of_carried_state(loaded, options.live);
    LiveStream stream(loaded, options.live);
    std::string line;
    std::vector<float> features;
    for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
        const std::string_view text = number == 1 ? without_byte_order_mark(line) : line;
        if (trimmed(text).empty()) {
            stream.reset();
            continue;
        }
        try {
            if (const Status status = step(stream, info, text, features); status != Status::ok)
                throw std::invalid_argument(message(status));
        } catch (const std::invalid_argument& error) {
            throw std::runtime_error("standard input, line " + std::to_string(number) + ": " + error.what() +
                                     "; the model takes " + input_text(info));
        }
        const auto answer = stream.answer();
        if (answer.empty()) continue;
        std::cout << (options.json ? json_text(answer) : joined(answer, ",", shortest)) << '\n';
        if (!std::cout.flush()) throw std::runtime_error("standard output cannot be written");
    }
    if (std::cin.bad()) throw std::runtime_error("standard input cannot be read");
}

}  // namespace runnel
