/// What the conversion gained and cost, in words.
#pragma once
#include <string>

#include "report/comparison.hpp"

namespace runnel::converter {

enum class Change { better, worse, none };

/// A part of the sentence, as what follows "the converted model": "is 61.2 % smaller".
struct Judgement {
    std::string text;
    Change change = Change::none;
};

Judgement judge_size(const Comparison& comparison);
/// Times within 3 % of one another count as the same.
Judgement judge_time(const Comparison& comparison);
/// By accuracy, else by loss, else by the answers' difference, which is neither better nor worse.
Judgement judge_answers(const Comparison& comparison);

/// All of it in one sentence.
std::string verdict(const Comparison& comparison);

}  // namespace runnel::converter
