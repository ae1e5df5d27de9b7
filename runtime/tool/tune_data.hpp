/// What `runnel tune` learns from.
#pragma once
#include <string>
#include <vector>

#include "common/losses.hpp"
#include "examples.hpp"
#include "runnel/runnel.hpp"
#include "tokenizer.hpp"

namespace runnel {

/// How a model's examples are made.
struct ExampleFormat {
    ModelInfo info;
    Loss loss;
    int feature_bits;  ///< fraction bits of the model's features
};

/// Sequences and targets of .npy files, all of them checked. Classes become rows of probabilities. Throws
/// std::runtime_error naming file and place.
Examples read_examples(const std::string& inputs, const std::string& targets, const ExampleFormat& format);

/// Texts and their labels. `learn_words`: unknown words get tokens of their own, which are added to the tokenizer;
/// else they are the unknown token. Throws std::runtime_error naming the text.
Examples read_texts(const std::vector<std::string>& texts, const std::vector<std::string>& labels,
                    const ExampleFormat& format, const Model& model, Tokenizer& tokenizer, bool learn_words);

}  // namespace runnel
