#include "sequences.hpp"

#include <cmath>
#include <stdexcept>

#include "terminal.hpp"
#include "text.hpp"

namespace runnel {
namespace {

/// A number as a person writes it: 512, 0.25, nan.
std::string number(double value) { return shortest(static_cast<float>(value)); }

std::string shapes_text(const ModelInfo& info) {
    if (info.takes_tokens) return "tokens [N, T], or [T] for one sequence";
    const std::string features = std::to_string(info.inputs);
    return "features [N, T, " + features + "], or [T, " + features + "] for one sequence" +
           (info.inputs == 1 ? "" : ", or one-hot tokens as integers [N, T]");
}

}  // namespace

std::uint32_t token_id(double value, const ModelInfo& info) {
    if (!(value >= 0 && value < info.inputs && value == std::floor(value)))
        throw std::invalid_argument(number(value) + " is not a token of this model: they are whole numbers from 0 to " +
                                    std::to_string(info.inputs - 1));
    return static_cast<std::uint32_t>(value);
}

std::string input_text(const ModelInfo& info) {
    return info.takes_tokens ? "tokens 0.." + std::to_string(info.inputs - 1)
                             : std::to_string(info.inputs) + (info.inputs == 1 ? " feature" : " features") + " a step";
}

Sequences::Sequences(const npy::Array& array, const std::string& name, const ModelInfo& info)
    : array_(array), name_(name), info_(info) {
    const auto& shape = array.shape();
    const std::size_t rank = shape.size();
    tokens_ = info.takes_tokens || (array.is_integer() && rank <= 2 && info.inputs > 1);
    const std::size_t step_rank = tokens_ ? 1 : 2;
    const bool one = rank == step_rank;
    if ((!one && rank != step_rank + 1) || (!tokens_ && shape.back() != info.inputs))
        throw std::runtime_error(name + ": its shape is " + excerpt(npy::shape_text(shape)) + "; the model takes " +
                                 shapes_text(info));
    count_ = one ? 1 : shape[0];
    steps_ = shape[one ? 0 : 1];
    if (steps_ == 0) throw std::runtime_error(name + ": its sequences have no steps");
    if (steps_ <= info.wait)
        throw std::runtime_error(name + ": its sequences have " + std::to_string(steps_) +
                                 " steps, and the model's "
                                 "convolutions answer after " +
                                 std::to_string(info.wait + 1));
    if (!tokens_) features_.resize(info.inputs);
}

void Sequences::refuse(std::size_t index, const std::string& reason) const {
    throw std::runtime_error(name_ + ": sequence " + std::to_string(index / steps_) + ", step " +
                             std::to_string(index % steps_) + " (from 0): " + reason);
}

std::uint32_t Sequences::token(std::size_t index) const {
    try {
        return token_id(array_.value(index), info_);
    } catch (const std::invalid_argument& error) {
        refuse(index, error.what());
    }
}

const float* Sequences::features(std::size_t index) {
    for (std::size_t i = 0; i < features_.size(); ++i) features_[i] = static_cast<float>(feature(index, i));
    return features_.data();
}

}  // namespace runnel
