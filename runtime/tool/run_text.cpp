/// runnel run --text.
#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "npy.hpp"
#include "run.hpp"
#include "terminal.hpp"
#include "timing.hpp"
#include "tokenizer.hpp"

namespace runnel {
namespace {

constexpr int bar_width = 32;

struct Step {
    Token token;
    double ns;                   ///< step and answer, less the timer's cost
    std::vector<float> answer;
};

/// Steps through the tokens and prints each step as it is made, if `print` is given.
template <class Print>
std::vector<Step> steps(Stream& stream, const std::vector<Token>& tokens, Print print) {
    const double cost = timer_cost();
    std::vector<Step> steps;
    Session& session = stream.session();
    for (const Token& token : tokens) {
        const auto start = Clock::now();
        const Status status = session.step(token.id);
        const auto answer = session.output();
        const double ns = std::max(0.0, nanoseconds(Clock::now() - start) - cost);
        if (status != Status::ok) throw std::runtime_error("\"" + printable(token.word) + "\": " + message(status));
        steps.push_back({token, ns, {answer.begin(), answer.end()}});
        print(steps.back());
    }
    return steps;
}

/// What an answer comes to: its only value, the most probable of several, or the first few.
std::string verdict(const Stream& stream, std::span<const float> answer) {
    if (answer.size() > 1 && stream.answers_probabilities()) {
        const auto best = static_cast<std::size_t>(std::max_element(answer.begin(), answer.end()) - answer.begin());
        return fixed(answer[best], 4) + " " + output_name(stream, best);
    }
    constexpr std::size_t few = 6;
    const auto first = answer.first(std::min(answer.size(), few));
    return joined(first, " ", [](float value) { return fixed(value, 4); }) + (answer.size() > few ? " ..." : "");
}

/// One line of the view of every step: word, answer, bar, time.
void print_line(const Stream& stream, const Step& step, std::size_t word_width) {
    const Style& s = style();
    const std::string word = printable(step.token.known ? step.token.word : "(" + step.token.word + ")");
    std::cout << "  " << (step.token.known ? s.plain : s.dim) << padded(word, word_width) << s.plain << "  ";
    if (stream.answers_probabilities()) {
        const float probability = *std::max_element(step.answer.begin(), step.answer.end());
        const std::string_view color = step.answer.size() > 1 ? s.plain : probability > 0.5f ? s.good : s.bad;
        std::cout << color << bar(probability, bar_width) << s.plain << "  ";
    }
    std::cout << s.bold << verdict(stream, step.answer) << s.plain << "  " << s.dim
              << fixed(step.ns, 0) << " ns" << s.plain << '\n';
}

double mean_ns(const std::vector<Step>& steps) {
    double sum = 0;
    for (const Step& step : steps) sum += step.ns;
    return sum / static_cast<double>(steps.size());
}

void print_summary(const Stream& stream, const std::vector<Step>& steps) {
    const auto unknown = std::count_if(steps.begin(), steps.end(), [](const Step& step) { return !step.token.known; });
    const auto words = static_cast<std::ptrdiff_t>(steps.size()) - (stream.info().start_token >= 0 ? 1 : 0);
    std::cout << (stream.info().outputs == 1 ? output_name(stream, 0) : "answer") << ' ' << style().bold << verdict(stream, steps.back().answer) << style().plain
              << " after " << words << (words == 1 ? " word" : " words");
    if (unknown > 0) std::cout << ", " << unknown << " of them unknown (in brackets: not in the vocabulary)";
    std::cout << "; " << fixed(mean_ns(steps), 0) << " ns a word (" << stream.info().isa << ")\n";
}

void print_json(const Stream& stream, const std::vector<Step>& steps, bool every_step) {
    std::cout << "{\"isa\": " << nlohmann::json(stream.info().isa) << ", \"answer\": " << json_text(steps.back().answer)
              << ", \"ns_per_word\": " << fixed(mean_ns(steps), 1);
    if (every_step) {
        std::cout << ", \"steps\": [";
        for (const Step& step : steps) {
            const nlohmann::json word(step.token.word);
            std::cout << (&step == &steps.front() ? "\n" : ",\n") << "{\"word\": "
                      << word.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                      << ", \"token\": " << step.token.id << ", \"known\": " << (step.token.known ? "true" : "false")
                      << ", \"answer\": " << json_text(step.answer) << ", \"ns\": " << fixed(step.ns, 0) << '}';
        }
        std::cout << ']';
    }
    std::cout << "}\n";
}

void write(const std::string& path, const std::vector<Step>& steps, bool every_step) {
    const std::size_t outputs = steps.back().answer.size();
    std::vector<std::size_t> shape{1, outputs};
    if (every_step) shape.insert(shape.begin() + 1, steps.size());
    npy::Writer file(path, shape);
    for (const Step& step : steps)
        if (every_step || &step == &steps.back()) file.append(step.answer);
    file.finish();
}

}  // namespace

void run_text(Stream& stream, const RunOptions& options) {
    const std::vector<Token> tokens = Tokenizer(stream.model()).tokens(options.text);
    if (tokens.empty()) throw std::runtime_error("--text: no word of it is in the model's vocabulary");
    const bool every_step = options.every_step || stream.info().returns_sequence;
    std::size_t word_width = 0;
    for (const Token& token : tokens)
        word_width = std::max(word_width, display_width(token.word) + (token.known ? 0 : 2));
    const bool show_steps = every_step && !options.json && options.output.empty();
    const auto made = steps(stream, tokens, [&](const Step& step) {
        if (show_steps) print_line(stream, step, word_width);
    });
    if (!options.output.empty()) write(options.output, made, every_step);
    if (options.json) return print_json(stream, made, every_step);
    if (show_steps) std::cout << '\n';
    print_summary(stream, made);
}

}  // namespace runnel
