// Files that are often taken for a model are named for what they are, with the way to one that can be read.
#include "readers/foreign.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "../bytes.hpp"
#include "../error_message.hpp"
#include "../zip_archive.hpp"
#include "readers/readers.hpp"
#include "support/files.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using namespace runnel::converter;
using namespace std::string_literals;
using test::bytes_of;

namespace {

/// Refused so, read as a model or as weights.
void named(const Bytes& bytes, const std::string& what, const std::string& way) {
    const std::string message = foreign_file(bytes);
    CAPTURE(message);
    CHECK(message.find(what) != std::string::npos);
    CHECK(message.find(way) != std::string::npos);
    CHECK(test::error_message([&] { read_model(bytes); }) == message);
    CHECK(test::error_message([&] { read_weights(bytes, {}); }) == message);
}
void named(const std::string& text, const std::string& what, const std::string& way) {
    named(bytes_of(text), what, way);
}

}  // namespace

TEST_CASE("files of other kinds") {
    named("", "is empty", "save the model again");
    named("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer",
         "git lfs pull");
    named("\x1c\0\0\0TFL3\0\0"s, "TensorFlow Lite", "model.save('model.keras')");
    named("\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94."s, "pickle", "never read");
    named("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."s, "PyTorch", "set_weights");
    named("\x93NUMPY\x01\0v\0{'descr'"s, "array of NumPy", "--calibrate");
    named("\x1f\x8b\x08\0\0"s, "gzip", "gunzip");
    named("\x40\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\""s, "safetensors", "set_weights");
    named("\n<!DOCTYPE html>\n<html>", "web page", "raw file");
    named("<HTML><body>404", "web page", "raw file");
}

// onnx.proto: ir_version 8, producer_name "x", an empty graph, opset_import {version: 13}; saved_model.proto:
// saved_model_schema_version 1, an empty meta graph.
TEST_CASE("protobuf messages") {
    const std::string onnx = "\x08\x08\x12\x01x\x3a\0\x42\x02\x10\x0d"s;
    named(onnx, "ONNX", "model.save('model.keras')");
    named("\x08\x01\x12\0"s, "SavedModel", "load_model");
    CHECK(foreign_file(bytes_of(onnx.substr(0, onnx.size() - 1))) == "");
    CHECK(foreign_file(bytes_of("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s)) == "");
    CHECK(foreign_file(bytes_of("\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s)) == "");
}

TEST_CASE("JSON of several kinds") {
    named(R"({"class_name": "Sequential", "config": {}})", "architecture without its weights", "--architecture");
    named("\xEF\xBB\xBF {\"version\": \"0.5.4\", \"architecture\": \"LSTM\", \"weights\": [0.1]}", "Neural Amp Modeler",
         "set_weights");
    named(R"({"format": "layers-model", "modelTopology": {}, "weightsManifest": []})", "TensorFlow.js",
         "tensorflowjs_converter");
    named(R"({"in_shape": [null, null, 1], "layers": []})", "RTNeural", "model.save('model.keras')");
    named("[1, 2]", "is JSON", "model.save('model.keras')");
    CHECK(foreign_file(bytes_of("{no JSON")) == "");
}

TEST_CASE("zip archives of other kinds") {
    named(test::zip_archive({{"model/data.pkl", "x"}, {"model/version", "3"}}), "PyTorch", "set_weights");
    named(test::zip_archive({{"m/saved_model.pb", "x"}}), "SavedModel", "load_model");
    named(test::zip_archive({{"arr_0.npy", "x"}}), "NumPy", "model.save('model.keras')");
    named(test::zip_archive({{"README", "x"}, {"model.h5", "x"}}), "holds a model", "\"model.h5\"");
    CHECK(foreign_file(test::zip_archive({{"config.json", "x"}, {"a/data.pkl", "x"}})) == "");
}

TEST_CASE("folders") {
    const test::Folder folder;
    const auto with = [&](const char* name, std::initializer_list<const char*> files) {
        std::filesystem::create_directory(folder.file(name));
        for (const char* file : files) std::ofstream(folder.file(name) + "/" + file) << "x";
        return foreign_folder(folder.file(name));
    };
    CHECK(with("saved", {"saved_model.pb"}).find("load_model(\"saved\").save('model.h5')") != std::string::npos);
    CHECK(with("open", {"config.json", "model.weights.h5"}).find("zip ../model.keras") != std::string::npos);
    CHECK(with("some", {"a.h5", "b.txt"}) == "is a folder; give the model's file in it: \"a.h5\"");
    CHECK(with("none", {}) == "is a folder; give the model's file (.h5, .hdf5 or .keras)");
}

TEST_CASE("models of other frameworks as they are met") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    for (const char* file : {"onnx/dtln_mask/model_1.onnx", "onnx/silero_vad/silero_vad_16k.onnx"})
        named(read_file(data + "/" + file), "ONNX", "model.keras");
    named(read_file(data + "/torch/best_rnn_model.pt"), "PyTorch", "model.keras");
    named(read_file(data + "/rtneural/lstm.json"), "RTNeural", "model.keras");
}
