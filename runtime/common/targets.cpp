#include "targets.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "text.hpp"

namespace runnel {

Targets::Targets(const npy::Array& array, const std::string& name, Loss loss, std::vector<std::size_t> answers,
                 std::size_t outputs)
    : array_(array), name_(name), loss_(loss), answers_(std::move(answers)), row_(outputs) {
    const auto with = [&](std::size_t last) {
        auto shape = answers_;
        shape.push_back(last);
        return shape;
    };
    const auto& shape = array.shape();
    const bool single = shape == answers_ || shape == with(1);
    classes_ = loss == Loss::categorical && single && outputs > 1;
    if (classes_ || shape == with(outputs) || (single && outputs == 1)) return;
    throw std::runtime_error(name + ": its shape is " + excerpt(npy::shape_text(shape)) +
                             "; the model's answers need " + npy::shape_text(with(outputs)) +
                             (loss == Loss::categorical ? ", or classes " + npy::shape_text(answers_) : ""));
}

void Targets::refuse(std::size_t index, double value, const std::string& reason) const {
    std::ostringstream text;
    text << name_ << ": sequence " << (answers_.size() == 1 ? index : index / answers_[1]);
    if (answers_.size() == 2) text << ", step " << index % answers_[1];
    text << " (from 0): the target " << value << " is " << reason;
    throw std::runtime_error(text.str());
}

std::size_t Targets::class_at(std::size_t index) const {
    const double target = array_.value(index);
    if (!(target >= 0 && target < static_cast<double>(row_.size()) && target == std::floor(target)))
        refuse(index, target, "no class: they are whole numbers from 0 to " + std::to_string(row_.size() - 1));
    return static_cast<std::size_t>(target);
}

std::span<const double> Targets::row_at(std::size_t index) {
    const bool probabilities = loss_ == Loss::bce || loss_ == Loss::categorical;
    for (std::size_t i = 0; i < row_.size(); ++i) {
        row_[i] = array_.value(index * row_.size() + i);
        if (!std::isfinite(row_[i])) refuse(index, row_[i], "not finite");
        if (probabilities && (row_[i] < 0 || row_[i] > 1)) refuse(index, row_[i], "no probability: they are 0..1");
    }
    return row_;
}

void Targets::add_to(Score& score, std::size_t index, std::span<const float> answer) {
    if (classes_) score.add(answer, class_at(index));
    else score.add(answer, row_at(index));
}

}  // namespace runnel
