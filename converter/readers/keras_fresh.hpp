/// The arrays of a model that nobody has trained yet.
#pragma once
#include "readers/keras_initializers.hpp"
#include "readers/keras_weights.hpp"

namespace runnel::converter::keras {

/// Draws each array, when it is read, as the layer's configuration says; each read draws anew.
class FreshWeights : public Weights {
public:
    explicit FreshWeights(std::uint64_t seed) : random_(seed) {}

    /// What Keras calls them: "kernel", "recurrent_kernel", "bias", "embeddings".
    std::vector<std::string> arrays(const LayerConfig& layer, const std::string& part) const override;
    std::vector<float> read(const LayerConfig& layer, const std::string& name,
                            const Hdf5File::Shape& shape) const override;
    /// Throws: only a file could know the shape.
    Hdf5File::Shape shape(const LayerConfig& layer, const std::string& name) const override;

private:
    mutable Random random_;
};

}  // namespace runnel::converter::keras
