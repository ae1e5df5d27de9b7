/// The rows of an array, as a model reads them: sequences of equal length.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "npy.hpp"
#include "runnel/runnel.hpp"

namespace runnel {

/// Shapes: tokens [N,T], or [T] for one sequence; features [N,T,F], or [T,F] for one sequence. An array of
/// integers of one or two dimensions is tokens also for a model that takes F > 1 features: one-hot of width F.
class Sequences {
public:
    /// Throws std::runtime_error if the model cannot read such an array. `name`: what messages call it.
    Sequences(const npy::Array& array, const std::string& name, const ModelInfo& info);

    std::size_t count() const { return count_; }
    std::size_t steps() const { return steps_; }
    /// Whether each step is a token.
    bool tokens() const { return tokens_; }

    /// Advances a Session, or what steps like one, by one step of a sequence. Throws std::runtime_error naming the
    /// place of a bad value.
    template <class Stepping> void step(Stepping& session, std::size_t sequence, std::size_t step) {
        const std::size_t index = sequence * steps_ + step;
        const Status status = tokens_ ? session.step(token(index)) : session.step(features(index), features_.size());
        if (status != Status::ok) refuse(index, message(status));
    }
    /// The token of place `index` (sequence * steps() + step). Throws likewise.
    std::uint32_t token(std::size_t index) const;
    /// Feature `feature` of place `index`, finite or not.
    double feature(std::size_t index, std::size_t feature) const {
        return array_.value(index * features_.size() + feature);
    }
    /// Refuses a place. `reason`: what is wrong there.
    [[noreturn]] void refuse(std::size_t index, const std::string& reason) const;

private:
    const float* features(std::size_t index);

    const npy::Array& array_;
    std::string name_;
    ModelInfo info_;
    bool tokens_;
    std::size_t count_, steps_;
    std::vector<float> features_;
};

/// `value` as a token id. Throws std::invalid_argument if it is none of the model's.
std::uint32_t token_id(double value, const ModelInfo& info);

/// What the model takes: "tokens 0..499", "25 features a step".
std::string input_text(const ModelInfo& info);

}  // namespace runnel
