/// Where the arrays of each layer come from.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/hdf5.hpp"
#include "readers/keras_config.hpp"

namespace runnel::converter::keras {

enum class Layout {
    named,    ///< .h5: <layer name>, with the arrays' names and order in an attribute
    numbered  ///< .weights.h5, and that within .keras: <class>_<n>/.../vars/<m>
};

/// Where in a file the layers' groups lie: "model_weights", "layers", or "" for the root.
struct Place {
    Layout layout;
    std::string group;
};

/// Nothing if the file holds no weights of a kind that is known. Keras 2.12 and 2.13 call the numbered groups' place
/// _layer_checkpoint_dependencies (saving_lib.py walks a model's attributes in the order of their names).
std::optional<Place> find_weights(const Hdf5File& file);

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
    FileWeights(const Hdf5File& file, Place place) : file_(file), place_(std::move(place)) {}

    /// Sets the place of each layer. `layers`: all layers of the model, in the order of its configuration. The numbers
    /// of numbered groups grow in that order, but not always by one (Keras 2.12 and 2.13 count each layer with weights
    /// twice); named ones are taken in that order, as Keras' load_weights does, where the model was built again under
    /// other names. Throws Error where the file has more layers of a class than the model.
    void locate(std::vector<LayerConfig>& layers) const;

    std::vector<std::string> arrays(const LayerConfig& layer, const std::string& part) const override;
    std::vector<float> read(const LayerConfig& layer, const std::string& path,
                            const Hdf5File::Shape& shape) const override;
    Hdf5File::Shape shape(const LayerConfig& layer, const std::string& path) const override;

private:
    void locate_named(std::vector<LayerConfig>& layers) const;
    void locate_numbered(std::vector<LayerConfig>& layers) const;
    std::string below(const std::string& name) const;

    const Hdf5File& file_;
    Place place_;
};

}  // namespace runnel::converter::keras
