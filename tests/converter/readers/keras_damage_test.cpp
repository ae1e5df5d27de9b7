// Files that are no models, or damaged ones: refused with a message, never with anything else.
#include <doctest/doctest.h>

#include <array>

#include "../bytes.hpp"
#include "../keras_file.hpp"
#include "../zip_archive.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using converter::Bytes;
using test::bytes_of;
using test::Json;
using test::KerasFile;
using test::refusal;

namespace {

KerasFile plain() { return KerasFile().input({-1, 3}).lstm("lstm", 3).dense("dense", 2); }

/// Every value of the JSON replaced, one after another, by other things; `visit` sees each result.
template <class Visit> void replace_each(const Json& whole, Visit&& visit) {
    const std::array replacements = {Json(), Json(-1), Json(1e300), Json("x"), Json::array(), Json::object(),
                                     Json(true)};
    const Json flat = whole.flatten();
    std::vector<std::string> pointers;
    for (const auto& [pointer, value] : flat.items())
        for (std::string at = pointer; !at.empty(); at = at.substr(0, at.rfind('/'))) pointers.push_back(at);
    std::sort(pointers.begin(), pointers.end());
    pointers.erase(std::unique(pointers.begin(), pointers.end()), pointers.end());
    for (const std::string& pointer : pointers)
        for (const Json& replacement : replacements) {
            Json changed = whole;
            changed[Json::json_pointer(pointer)] = replacement;
            visit(changed);
        }
}

/// Converts or refuses; anything but an Error ends the test.
void survive(const Bytes& bytes) { CHECK_NOTHROW(refusal(bytes)); }

}  // namespace

TEST_CASE("what is not a model") {
    CHECK(refusal(bytes_of("PK\3\4 and no archive")).starts_with("the zip archive cannot be read"));
    CHECK(refusal(bytes_of("\x89HDF\r\n\x1a\n and no HDF5")).starts_with("the HDF5 file cannot be opened"));

    test::Hdf5Builder other;
    CHECK(refusal(other.bytes()) == "is an HDF5 file, but not a Keras model (it has no model_config)");
    test::Hdf5Builder weights;
    plain().write_weights(weights);
    CHECK(refusal(weights.bytes()).starts_with("the file holds weights but no model_config"));
    test::Hdf5Builder top;
    top.texts("/", "layer_names", {"lstm"});
    CHECK(refusal(top.bytes()).starts_with("the file holds weights but no model_config"));
}

TEST_CASE("versions of Keras") {
    auto file = plain();
    file.version = "1.2.2";
    CHECK(refusal(file).starts_with("the file was written by Keras '1.2.2'"));
    file.version = "nonsense";
    CHECK(refusal(file).starts_with("the file was written by Keras 'nonsense'"));
    test::Hdf5Builder without;
    without.text("/", "model_config", plain().config().dump());
    CHECK(refusal(without.bytes()).find("keras_version is missing") != std::string::npos);
    test::Hdf5Builder broken;
    broken.text("/", "model_config", "{\"class_name\": ");
    broken.text("/", "keras_version", "2.13.1");
    CHECK(refusal(broken.bytes()) == "model_config is not JSON: the file is damaged");
}

TEST_CASE("no value in the configuration can do harm") {
    auto functional = KerasFile().input({-1}).embedding(true).lstm("lstm", 3).dense("dense", 2);
    const auto from = [](const char* layer) {
        return Json::array({Json::array({Json::array({layer, 0, 0, Json::object()})})});
    };
    functional.wire(1, from("input")).wire(2, from("embedding")).wire(3, from("lstm"));
    functional.functional = {{"input_layers", {{"input", 0, 0}}}, {"output_layers", {{"dense", 0, 0}}}};
    auto more = KerasFile().input({4, 3});
    more.add("BatchNormalization", {{"name", "norm"}, {"axis", {2}}, {"scale", false}, {"center", false}},
             {{"moving_mean:0", {3}, {}}, {"moving_variance:0", {3}, {}}});
    more.add("Reshape", {{"name", "same"}, {"target_shape", {4, -1}}});
    more.add("Permute", {{"name", "p"}, {"dims", {1, 2}}});
    more.lstm("lstm", 3).add("Flatten", {{"name", "flatten"}});
    REQUIRE(refusal(more) == "");
    for (const KerasFile& file : {plain(), functional, more})
        replace_each(file.config(), [&](const Json& changed) {
            CAPTURE(changed.dump());
            test::Hdf5Builder builder;
            builder.text("/", "keras_version", file.version);
            builder.text("/", "model_config", changed.dump());
            file.write_weights(builder);
            survive(builder.bytes());
        });
}

TEST_CASE("weights and an architecture that do not belong together") {
    const auto read = [](const std::string& weights, const Bytes& architecture) {
        return test::error_message(
            [&] { converter::read_weights(converter::read_file(test::golden("keras/" + weights)), architecture); });
    };
    const auto file = [](const char* name) { return converter::read_file(test::golden(name)); };
    const Bytes plain_architecture = bytes_of(plain().config().dump());
    CHECK(read("weights_keras3.weights.h5", plain_architecture)
              .find("weights of 3 layers 'dense' where the model has 1") != std::string::npos);
    CHECK(read("weights_keras2.h5", plain_architecture).find("'lstm' (LSTM, at lstm): the file holds no weights") !=
          std::string::npos);
    CHECK(read("lstm_7_8.keras", plain_architecture).find("without --architecture") != std::string::npos);
    CHECK(read("weights_keras2.h5", bytes_of("[1,")) == "the architecture is not JSON: the file is damaged");
    CHECK(read("weights_keras2.h5", bytes_of("{}")).find("to_json") != std::string::npos);
    CHECK(refusal(file("keras/weights_keras3.weights.h5")).find("--architecture FILE.json") != std::string::npos);
    for (const char* name : {"weights_keras2", "weights_keras3"}) {
        const Bytes whole = file((std::string("keras/") + name + ".json").c_str());
        const Json config = Json::parse(reinterpret_cast<const char*>(whole.data()),
                                        reinterpret_cast<const char*>(whole.data()) + whole.size());
        const std::string weights = std::string(name) + (name[13] == '2' ? ".h5" : ".weights.h5");
        CHECK(read(weights, whole) == "");
        for (const char* part : {"/config/layers/2", "/config/layers/4", "/config/layers/6"}) {
            Json changed = config;
            changed[Json::json_pointer(part)]["class_name"] = "Dense";
            CHECK(read(weights, bytes_of(changed.dump())) != "");
        }
    }
}

TEST_CASE("links that lead elsewhere") {
    const auto with = [](auto&& link) {
        test::Hdf5Builder builder;
        plain().write(builder);
        const char* path = "model_weights/lstm/lstm/kernel:0";
        H5Ldelete(builder.file(), path, H5P_DEFAULT);
        link(builder.file(), path);
        return refusal(builder.bytes());
    };
    const std::string lstm = "layer 'lstm' (LSTM, at model_weights/lstm): 'model_weights/lstm/lstm/kernel:0' ";
    CHECK(with([](hid_t, const char*) {}) == lstm + "is missing");
    CHECK(with([](hid_t file, const char* path) {
              H5Lcreate_external("/etc/passwd", "/x", file, path, H5P_DEFAULT, H5P_DEFAULT);
          }).starts_with(lstm + "is a link to another place"));
    CHECK(with([](hid_t file, const char* path) {
              H5Lcreate_soft("/model_weights", file, path, H5P_DEFAULT, H5P_DEFAULT);
          }).starts_with(lstm + "is a link to another place"));
    CHECK(with([](hid_t file, const char* path) {
              H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
          }) == lstm + "is not an array");
}

TEST_CASE("a file cut short or with a flipped bit") {
    for (const char* name : {"keras/lstm_7_8.h5", "keras/lstm_7_8.keras", "keras/mask_zero_functional.keras"}) {
        CAPTURE(name);
        const Bytes whole = converter::read_file(test::golden(name));
        REQUIRE(refusal(whole) == "");
        for (std::size_t size = 0; size < whole.size(); size += 331)
            CHECK(refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))) != "");
        for (std::size_t i = 0; i < whole.size(); i += 47) {  // (the fuzz targets search further)
            Bytes changed = whole;
            changed[i] ^= std::byte{1} << (i % 8);
            survive(changed);
        }
    }
}

TEST_CASE("archives that are not Keras'") {
    const auto archive = test::zip_archive;
    const std::string config = plain().config().dump(), metadata = R"({"keras_version": "3.9.2"})";
    CHECK(refusal(archive({{"readme.txt", "x"}})) == "is a zip archive, but not a Keras model (it has no config.json)");
    CHECK(refusal(archive({{"config.json", config}})).find("metadata.json") != std::string::npos);
    CHECK(refusal(archive({{"config.json", config}, {"metadata.json", metadata}})).starts_with("has no weights"));
    CHECK(refusal(archive({{"config.json", config}, {"metadata.json", R"({"keras_version": "1.2.2"})"}}))
              .starts_with("the file was written by Keras '1.2.2'"));
    CHECK(refusal(archive({{"config.json", config}, {"metadata.json", metadata}, {"model.weights.h5", "x"}}))
              .starts_with("the HDF5 file cannot be opened"));
    CHECK(refusal(archive({{"config.json", "[1,"}, {"metadata.json", metadata}, {"model.weights.h5", "x"}})) ==
          "the HDF5 file cannot be opened: it is damaged or was cut short");
}
