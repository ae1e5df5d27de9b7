#include "tune_data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "common/names.hpp"
#include "common/npy.hpp"
#include "common/sequences.hpp"
#include "common/targets.hpp"
#include "common/text.hpp"

namespace runnel {
namespace {

constexpr std::int32_t one = 1 << 16;  // targets have 16 fraction bits
/// Beyond it the trainer takes no target.
constexpr double largest_target = 2047;

std::int32_t fixed_target(double value) { return static_cast<std::int32_t>(std::lround(value * one)); }

/// All sequences as the trainer takes them: ids, or features with `bits` fraction bits; those beyond what int16 holds
/// are limited and counted.
void append_sequences(Examples& to, const Sequences& sequences, const ExampleFormat& format) {
    to.count = static_cast<std::uint32_t>(sequences.count());
    to.steps = static_cast<std::uint32_t>(sequences.steps());
    const std::size_t places = sequences.count() * sequences.steps();
    if (sequences.tokens()) {
        to.tokens.reserve(places);
        for (std::size_t i = 0; i < places; ++i) to.tokens.push_back(static_cast<std::uint16_t>(sequences.token(i)));
        return;
    }
    to.features.reserve(places * format.info.inputs);
    for (std::size_t i = 0; i < places; ++i)
        for (std::size_t feature = 0; feature < format.info.inputs; ++feature) {
            const double value = sequences.feature(i, feature);
            if (!std::isfinite(value)) sequences.refuse(i, message(Status::not_finite));
            const double scaled = std::round(std::ldexp(value, format.feature_bits));
            const double inside = std::clamp(scaled, -32767.0, 32767.0);
            to.limited += inside != scaled;
            to.features.push_back(static_cast<std::int16_t>(inside));
        }
}

void append_class(Examples& to, std::size_t index, std::size_t classes) {
    to.targets.resize(to.targets.size() + classes);
    to.targets[to.targets.size() - classes + index] = one;
}

/// The number that a label is, or that of the output it names.
double label_value(const std::string& label, const Model& model, Loss loss) {
    double value = 0;
    const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), value);
    if (error == std::errc() && end == label.data() + label.size()) return value;
    std::vector<std::string> known;
    if (loss == Loss::categorical)
        for (std::uint32_t i = 0; i < model.info().labels; ++i) {
            known.emplace_back(model.label(i));
            if (label == known.back()) return i;
        }
    throw std::runtime_error("label " + quote(label) + " is neither a number nor the name of an output" +
                             (known.empty() ? "" : ": " + listed(known)));
}

void append_label(Examples& to, const std::string& label, const Model& model, Loss loss, std::size_t outputs) {
    const double value = label_value(label, model, loss);
    const auto refuse = [&](const std::string& reason) {
        throw std::runtime_error("label " + quote(label) + " is " + reason);
    };
    if (loss == Loss::categorical) {
        if (!(value >= 0 && value < static_cast<double>(outputs) && value == std::floor(value)))
            refuse("no class: they are whole numbers from 0 to " + std::to_string(outputs - 1));
        return append_class(to, static_cast<std::size_t>(value), outputs);
    }
    if (outputs != 1) throw std::runtime_error("a label is one number, but the model has several outputs");
    if (loss == Loss::bce && !(value >= 0 && value <= 1)) refuse("no probability: they are 0..1");
    if (!(std::abs(value) <= largest_target)) refuse("beyond 2,047, which fixed numbers do not reach");
    to.targets.push_back(fixed_target(value));
}

}  // namespace

Examples read_examples(const std::string& inputs, const std::string& targets, const ExampleFormat& format) {
    const npy::File input_file(inputs), target_file(targets);
    const Sequences sequences(input_file.array(), inputs, format.info);
    if (sequences.count() == 0) throw std::runtime_error(inputs + ": it has no sequences");
    if (sequences.tokens() != format.info.takes_tokens)
        throw std::runtime_error(inputs + ": it has tokens; to train, the model needs its features");
    Targets rows(target_file.array(), targets, format.loss, {sequences.count()}, format.info.outputs);
    Examples examples;
    append_sequences(examples, sequences, format);
    for (std::size_t i = 0; i < sequences.count(); ++i) {
        if (rows.classes()) {
            append_class(examples, rows.class_at(i), format.info.outputs);
            continue;
        }
        for (const double value : rows.row_at(i)) {
            if (std::abs(value) > largest_target)
                rows.refuse(i, value, "beyond 2,047, which fixed numbers do not reach");
            examples.targets.push_back(fixed_target(value));
        }
    }
    return examples;
}

Examples read_texts(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
                    const ExampleFormat& format, const Model& model, Tokenizer& tokenizer, bool learn_words) {
    Examples examples;
    examples.starts.push_back(0);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (const std::string word = learn_words ? tokenizer.learn(texts[i]) : ""; !word.empty())
            throw std::runtime_error("no token is left for the new word " + quote(word) +
                                     "; convert the model with --spare-tokens, or with more of them");
        for (const Token& token : tokenizer.tokens(texts[i]))
            examples.tokens.push_back(static_cast<std::uint16_t>(token.id));
        const std::size_t steps = examples.tokens.size() - examples.starts.back();
        if (steps == 0)
            throw std::runtime_error("text " + quote(texts[i]) + " has no " + tokenizer.piece() + " of the vocabulary");
        examples.steps = std::max(examples.steps, static_cast<std::uint32_t>(steps));
        examples.starts.push_back(examples.tokens.size());
        append_label(examples, labels[i], model, format.loss, format.info.outputs);
    }
    examples.count = static_cast<std::uint32_t>(texts.size());
    return examples;
}

}  // namespace runnel
