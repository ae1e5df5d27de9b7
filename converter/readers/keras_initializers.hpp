/// Keras' initializers (https://keras.io/api/layers/initializers).
#pragma once
#include <cstdint>
#include <random>
#include <span>

#include "formats/hdf5.hpp"
#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

/// Numbers that depend on the seed alone.
class Random {
public:
    explicit Random(std::uint64_t seed) : generator_(seed) {}

    /// In [0, 1).
    double uniform() { return double(generator_() >> 11) / 9007199254740992.0; }
    /// Of mean 0 and variance 1.
    double normal();
    /// The same without what lies beyond two standard deviations.
    double truncated_normal();

private:
    std::mt19937_64 generator_;
};

/// An array of one or two dimensions. `initializer`: what the layer's configuration holds: a name or a serialized
/// object; a seed in there is not used. Throws Error, naming the layer and the initializer, for those that Runnel does
/// not have.
std::vector<float> initialize(const LayerConfig& layer, const Json& initializer, const Hdf5File::Shape& shape,
                              Random& random);

}  // namespace runnel::converter::keras
