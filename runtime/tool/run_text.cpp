/// runnel run --text.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/npy.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/timing.hpp"
#include "run.hpp"
#include "runnel/fixed_model.hpp"
#include "tokenizer.hpp"

namespace runnel {
namespace {

/// In columns.
constexpr int bar_width = 32;
constexpr std::size_t change_width = 7, time_width = 9;

struct Step {
    Token token;
    double ns;                   ///< step and answer, less the timer's cost
    std::vector<float> answer;
};

Step make_step(Session& session, const Token& token, double timer_cost) {
    const auto start = Clock::now();
    const Status status = session.step(token.id);
    const auto answer = session.output();
    const double ns = std::max(0.0, nanoseconds(Clock::now() - start) - timer_cost);
    if (status != Status::ok) throw std::runtime_error(quote(token.word) + ": " + message(status));
    return {token, ns, {answer.begin(), answer.end()}};
}

/// Steps through the tokens from zero state: twice, so that the times are those of a program that has been running
/// for a while, with the model in the caches.
std::vector<Step> make_steps(LoadedModel& loaded, const std::vector<Token>& tokens) {
    const double cost = timer_cost();
    std::vector<Step> steps;
    for (int pass = 0; pass < 2; ++pass) {
        steps.clear();
        loaded.session().reset();
        for (const Token& token : tokens) steps.push_back(make_step(loaded.session(), token, cost));
    }
    return steps;
}

/// What an answer comes to: its only value, the most probable of several, or the first few.
std::string verdict(const LoadedModel& loaded, std::span<const float> answer) {
    if (answer.size() > 1 && loaded.answers_probabilities()) {
        const auto best = static_cast<std::size_t>(std::max_element(answer.begin(), answer.end()) - answer.begin());
        return decimals(answer[best], 4) + " " + output_name(loaded, best);
    }
    constexpr std::size_t few = 6;
    const auto first = answer.first(std::min(answer.size(), few));
    return joined(first, " ", [](float value) { return decimals(value, 4); }) + (answer.size() > few ? " ..." : "");
}

/// The word as it is shown: in brackets if it is unknown; the space in quotation marks.
std::string shown(const Token& token) {
    const std::string word = token.word == " " ? quote(token.word) : token.word;
    return printable(token.known ? word : "(" + word + ")");
}

/// By how much a single answer moved, where that is much in colour.
std::string change(float before, float after) {
    constexpr float much = 0.05f;
    const Style& s = style();
    const float by = after - before;
    const std::string_view color = by > much ? s.good : by < -much ? s.bad : s.dim;
    const std::string text = (by < 0 ? "" : "+") + decimals(by, 4);
    return std::string(color) + padded(text, change_width) + std::string(s.plain);
}

/// A line for each step: word, bar, answer, its change, time.
void print_steps(const LoadedModel& loaded, const std::vector<Step>& steps) {
    const Style& s = style();
    std::size_t word_width = 0;
    for (const Step& step : steps) word_width = std::max(word_width, display_width(shown(step.token)));
    const Step* before = nullptr;
    for (const Step& step : steps) {
        const bool single = step.answer.size() == 1;
        std::cout << "  " << (step.token.known ? s.plain : s.dim) << padded(shown(step.token), word_width) << s.plain;
        if (loaded.answers_probabilities()) {
            const float probability = *std::max_element(step.answer.begin(), step.answer.end());
            std::cout << "  " << (!single ? s.plain : probability > 0.5f ? s.good : s.bad)
                      << bar(probability, bar_width) << s.plain;
        }
        std::cout << "  " << s.bold << verdict(loaded, step.answer) << s.plain;
        if (single)
            std::cout << "  " << (before ? change(before->answer[0], step.answer[0]) : padded("", change_width));
        const std::string time = decimals(step.ns, 0) + " ns";
        std::cout << s.dim << padded("", time_width - std::min(time_width, time.size())) << time << s.plain << '\n';
        before = &step;
    }
    std::cout << '\n';
}

double median_ns(const std::vector<Step>& steps) {
    std::vector<double> times;
    for (const Step& step : steps) times.push_back(step.ns);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

void print_summary(const LoadedModel& loaded, const std::vector<Step>& steps, const std::string& word) {
    const auto unknown = std::count_if(steps.begin(), steps.end(), [](const Step& step) { return !step.token.known; });
    const ModelInfo& info = loaded.info();
    const auto words = static_cast<std::ptrdiff_t>(steps.size()) - (info.start_token >= 0 ? 1 : 0);
    std::cout << (info.outputs == 1 ? output_name(loaded, 0) : "answer") << ' ' << style().bold
              << verdict(loaded, steps.back().answer) << style().plain
              << " after " << words << ' ' << word << (words == 1 ? "" : "s");
    if (unknown > 0) std::cout << ", " << unknown << " of them unknown (not in the vocabulary)";
    std::cout << "; " << decimals(median_ns(steps), 0) << " ns a " << word << " (" << info.isa << ")\n";
    // A fixed model keeps tokens without a word for those that it learns.
    if (info.words < info.inputs && !is_fixed(loaded.model()))
        std::cout << "its vocabulary has " << vocabulary_text(info) << '\n';
}

void print_json(const LoadedModel& loaded, const std::vector<Step>& steps, bool every_step) {
    std::cout << "{\"isa\": " << nlohmann::json(loaded.info().isa) << ", \"answer\": " << json_text(steps.back().answer)
              << ", \"ns_per_word\": " << decimals(median_ns(steps), 1);
    if (every_step) {
        std::cout << ", \"steps\": [";
        for (const Step& step : steps) {
            const nlohmann::json word(step.token.word);
            std::cout << (&step == &steps.front() ? "\n" : ",\n") << "{\"word\": "
                      << word.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                      << ", \"token\": " << step.token.id << ", \"known\": " << (step.token.known ? "true" : "false")
                      << ", \"answer\": " << json_text(step.answer) << ", \"ns\": " << decimals(step.ns, 0) << '}';
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

void run_text(LoadedModel& loaded, const RunOptions& options) {
    if (loaded.info().words == 0)
        throw std::runtime_error(loaded.path() + ": it has no vocabulary, so it cannot read text: give it tokens with "
                                                 "--input, or convert it again with its vocabulary");
    const Tokenizer tokenizer(loaded.model(), loaded.patch_info().words);
    const std::vector<Token> tokens = tokenizer.tokens(options.text);
    if (tokens.empty())
        throw std::runtime_error(loaded.path() + ": no " + tokenizer.piece() + " of the text is in its vocabulary");
    const bool every_step = options.every_step || loaded.info().returns_sequence;
    const std::vector<Step> steps = make_steps(loaded, tokens);
    if (!options.output.empty()) write(options.output, steps, every_step);
    if (options.json) return print_json(loaded, steps, every_step);
    if (every_step && options.output.empty()) print_steps(loaded, steps);
    print_summary(loaded, steps, tokenizer.piece());
}

}  // namespace runnel
