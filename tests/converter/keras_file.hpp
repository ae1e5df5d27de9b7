/// Keras .h5 files made by hand, with whatever may be wrong in them.
#pragma once
#include <hdf5.h>
#include <hdf5_hl.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "error_message.hpp"
#include "formats/file.hpp"
#include "readers/readers.hpp"

namespace runnel::test {

using Json = nlohmann::json;

/// An HDF5 file that is built in memory.
class Hdf5Builder {
public:
    Hdf5Builder() {
        const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        H5Pset_fapl_core(access, 1 << 16, false);
        static int built = 0;  // files that are open at one time need names of their own
        file_ = H5Fcreate(("memory" + std::to_string(built++)).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
        H5Pclose(access);
    }
    ~Hdf5Builder() { H5Fclose(file_); }
    Hdf5Builder(const Hdf5Builder&) = delete;
    Hdf5Builder& operator=(const Hdf5Builder&) = delete;

    hid_t file() const { return file_; }

    /// With all groups on the way.
    void group(const std::string& path) {
        const hid_t create = H5Pcreate(H5P_LINK_CREATE);
        H5Pset_create_intermediate_group(create, 1);
        if (H5Lexists(file_, path.c_str(), H5P_DEFAULT) <= 0)
            H5Gclose(H5Gcreate2(file_, path.c_str(), create, H5P_DEFAULT, H5P_DEFAULT));
        H5Pclose(create);
    }
    void text(const std::string& object, const char* attribute, const std::string& value) {
        H5LTset_attribute_string(file_, object.c_str(), attribute, value.c_str());
    }
    /// Strings of fixed length; none makes the empty array of floats that h5py makes.
    void texts(const std::string& object, const char* attribute, const std::vector<std::string>& values) {
        constexpr std::size_t length = 64;
        const hsize_t count = values.size();
        const hid_t type = values.empty() ? H5Tcopy(H5T_NATIVE_DOUBLE) : H5Tcopy(H5T_C_S1);
        if (!values.empty()) H5Tset_size(type, length);
        const hid_t space = H5Screate_simple(1, &count, nullptr);
        const hid_t at = H5Oopen(file_, object.c_str(), H5P_DEFAULT);
        const hid_t made = H5Acreate2(at, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
        std::string buffer(length * values.size(), '\0');
        for (std::size_t i = 0; i < values.size(); ++i) buffer.replace(i * length, values[i].size(), values[i]);
        if (!values.empty()) H5Awrite(made, type, buffer.data());
        H5Aclose(made), H5Oclose(at), H5Sclose(space), H5Tclose(type);
    }
    void floats(const std::string& path, const std::vector<hsize_t>& shape, const std::vector<float>& values) {
        group(path.substr(0, path.rfind('/')));
        H5LTmake_dataset_float(file_, path.c_str(), static_cast<int>(shape.size()), shape.data(), values.data());
    }

    converter::Bytes bytes() const {
        H5Fflush(file_, H5F_SCOPE_GLOBAL);
        converter::Bytes image(static_cast<std::size_t>(H5Fget_file_image(file_, nullptr, 0)));
        H5Fget_file_image(file_, image.data(), image.size());
        return image;
    }

private:
    hid_t file_;
};

struct Array {
    std::string name;
    std::vector<hsize_t> shape;
    std::vector<float> values;  ///< empty: all 0.25
};

/// The parts of a model; `bytes` writes it as Keras 2.13 does.
struct KerasFile {
    std::string version = "2.13.1";
    Json layers = Json::array();
    Json functional;  ///< {"input_layers": ..., "output_layers": ...} for a functional model
    std::vector<std::pair<std::string, std::vector<Array>>> weights;

    KerasFile& add(const std::string& class_name, Json config, std::vector<Array> arrays = {}) {
        const std::string name = config.at("name");
        layers.push_back({{"class_name", class_name}, {"config", std::move(config)}, {"name", name}});
        weights.emplace_back(name, std::move(arrays));
        return *this;
    }
    KerasFile& input(std::vector<int> shape, const std::string& name = "input") {
        Json batch = {nullptr};
        for (const int extent : shape) batch.push_back(extent < 0 ? Json() : Json(extent));
        return add("InputLayer", {{"name", name}, {"batch_input_shape", batch}});
    }
    KerasFile& embedding(bool mask_zero = false) {
        return add("Embedding",
                   {{"name", "embedding"}, {"input_dim", 5}, {"output_dim", 3}, {"mask_zero", mask_zero}},
                   {{"embeddings:0", {5, 3}, {}}});
    }
    KerasFile& lstm(const std::string& name, hsize_t inputs, const Json& options = Json::object()) {
        Json config = {{"name", name}, {"units", 2}, {"activation", "tanh"}, {"recurrent_activation", "sigmoid"},
                       {"return_sequences", false}};
        config.update(options);
        return add("LSTM", config,
                   {{"kernel:0", {inputs, 8}, {}}, {"recurrent_kernel:0", {2, 8}, {}}, {"bias:0", {8}, {}}});
    }
    KerasFile& dense(const std::string& name, hsize_t inputs, const Json& activation = "linear") {
        return add("Dense", {{"name", name}, {"units", 2}, {"activation", activation}},
                   {{"kernel:0", {inputs, 2}, {}}, {"bias:0", {2}, {}}});
    }
    /// Keras 2's wiring of a layer that has been added.
    KerasFile& wire(std::size_t layer, Json inbound_nodes) {
        layers.at(layer)["inbound_nodes"] = std::move(inbound_nodes);
        return *this;
    }

    Json config() const {
        Json inner = {{"name", "model"}, {"layers", layers}};
        if (functional.is_object()) inner.update(functional);
        return {{"class_name", functional.is_object() ? "Functional" : "Sequential"}, {"config", inner}};
    }
    void write_weights(Hdf5Builder& file) const {
        file.group("model_weights");
        for (const auto& [layer, arrays] : weights) {
            const std::string group = "model_weights/" + layer;
            file.group(group);
            std::vector<std::string> names;
            for (const Array& array : arrays) {
                names.push_back(layer + "/" + array.name);
                std::size_t count = 1;
                for (const hsize_t extent : array.shape) count *= extent;
                file.floats(group + "/" + names.back(), array.shape,
                            array.values.empty() ? std::vector<float>(count, 0.25f) : array.values);
            }
            file.texts(group, "weight_names", names);
        }
    }
    void write(Hdf5Builder& file) const {
        file.text("/", "keras_version", version);
        file.text("/", "model_config", config().dump());
        write_weights(file);
    }
    converter::Bytes bytes() const {
        Hdf5Builder file;
        write(file);
        return file.bytes();
    }
};

/// The message with which a file is refused; "" if it is converted.
inline std::string refusal(const converter::Bytes& bytes) {
    return error_message([&] { converter::read_model(bytes); });
}
inline std::string refusal(const KerasFile& file) { return refusal(file.bytes()); }

}  // namespace runnel::test
