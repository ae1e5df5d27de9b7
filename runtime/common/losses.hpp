/// Losses and accuracies with Keras' formulas (https://keras.io/api/losses, https://keras.io/api/metrics), in double.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace runnel {

/// `bce`: binary_crossentropy and BinaryAccuracy(threshold=0.5). `categorical`: categorical_crossentropy, or its
/// sparse form where the target is a class, and the accuracy of the largest output. `mse`, `mae`: no accuracy.
enum class Loss { bce, categorical, mse, mae };

std::string_view loss_name(Loss loss);

/// The loss that a model was most likely trained with, from its outputs and the activation of its last layer.
Loss usual_loss(std::size_t outputs, std::string_view activation);

/// Means over answers.
class Score {
public:
    explicit Score(Loss loss) : loss_(loss) {}

    /// `target`: one value per output; for `categorical`, one probability per class.
    void add(std::span<const float> output, std::span<const double> target);
    /// `categorical` only: `target` < output.size() is the class.
    void add(std::span<const float> output, std::size_t target);

    std::size_t answers() const { return answers_; }
    /// 0 before the first answer.
    double loss() const { return answers_ ? loss_sum_ / static_cast<double>(answers_) : 0.0; }
    /// Fraction of right answers, or of right outputs for `bce`.
    std::optional<double> accuracy() const;

private:
    Loss loss_;
    std::size_t answers_ = 0;
    double loss_sum_ = 0, right_sum_ = 0;
};

}  // namespace runnel
