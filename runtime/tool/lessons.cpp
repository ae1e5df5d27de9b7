#include "lessons.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>
#include <stdexcept>

#include "common/terminal.hpp"

namespace runnel {

Lessons::Lessons(const TuneOptions& options, const ExampleFormat& format, const ModelFile& file, Tokenizer& tokenizer) {
    if (options.texts.empty()) {
        examples = read_examples(options.inputs, options.targets, format);
    } else {
        if (file.info().words == 0)
            throw std::runtime_error(file.path() + ": it has no vocabulary, so it cannot read text");
        examples = read_texts(options.texts, options.labels, format, file.model(), tokenizer,
                              options.scope == training::Scope::rows && options.tokens.empty());
    }
    if (options.validation_split > 0) split(options);
    else training.emplace(examples);
    if (!options.validation.empty()) {
        validation_set = read_examples(options.validation[0], options.validation[1], format);
        validation.emplace(validation_set);
        validation_text_ = grouped(validation_set.count);
    }
    if (options.guard.empty()) {
        guard = validation;
    } else {
        guard_set = read_examples(options.guard[0], options.guard[1], format);
        guard.emplace(guard_set);
    }
}

void Lessons::split(const TuneOptions& options) {
    const auto used = static_cast<std::uint32_t>(std::floor(examples.count * (1 - options.validation_split)));
    if (used == 0 || used == examples.count)
        throw std::runtime_error(options.inputs + ": " + grouped(examples.count) +
                                 " sequences cannot be split so: both parts need at least one");
    Part all(examples);
    const std::string count = grouped(examples.count - used);
    if (options.shuffle_split) {
        std::mt19937_64 random(*options.shuffle_split);
        std::shuffle(all.order.begin(), all.order.end(), random);
        validation_text_ = count + " drawn by seed " + std::to_string(*options.shuffle_split);
    } else {
        validation_text_ = "the last " + count;
        if (targets_sorted(examples))
            std::cerr << "runnel: " << options.targets << ": its targets are sorted, so that the last " << count
                      << ", validated on, are unlike those learned from; --shuffle-split SEED draws them from all\n";
    }
    training = all.part(0, used);
    validation = all.part(used, examples.count);
}

std::string Lessons::text() const {
    return grouped(training->order.size()) + " sequences of " + (examples.starts.empty() ? "" : "up to ") +
           grouped(examples.steps) + " steps" + (validation ? ", validation on " + validation_text_ : "");
}

}  // namespace runnel
