/// Where the arrays of each layer come from.
#pragma once
#include <string>
#include <vector>

#include "formats/hdf5.hpp"
#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

enum class Layout {
    named,    ///< .h5: model_weights/<layer name>, with the arrays' names and order in an attribute
    numbered  ///< Keras 3's model.weights.h5: layers/<class>_<n>/.../vars/<m>
};

class Weights {
public:
    virtual ~Weights() = default;

    /// The paths of the layer's arrays, in Keras' order. `part`: where Keras 3 keeps them below the layer: "" or
    /// "cell", "layer".
    virtual std::vector<std::string> arrays(const LayerConfig& layer, const std::string& part) const = 0;

    /// One array that must have the given shape and only finite numbers. Throws Error naming the layer, the array and
    /// what was found.
    virtual std::vector<float> read(const LayerConfig& layer, const std::string& path,
                                    const Hdf5File::Shape& shape) const = 0;

    virtual Hdf5File::Shape shape(const LayerConfig& layer, const std::string& path) const = 0;
};

/// The arrays of a trained model's file.
class FileWeights : public Weights {
public:
    FileWeights(const Hdf5File& file, Layout layout) : file_(file), layout_(layout) {}

    /// Sets the place of each layer. `layers`: all layers of the model, in the order of its configuration.
    void locate(std::vector<LayerConfig>& layers) const;

    std::vector<std::string> arrays(const LayerConfig& layer, const std::string& part) const override;
    std::vector<float> read(const LayerConfig& layer, const std::string& path,
                            const Hdf5File::Shape& shape) const override;
    Hdf5File::Shape shape(const LayerConfig& layer, const std::string& path) const override;

private:
    const Hdf5File& file_;
    Layout layout_;
};

}  // namespace runnel::converter::keras
