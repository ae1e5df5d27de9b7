#include "formats/hdf5.hpp"

#include <doctest/doctest.h>

#include "../error_message.hpp"
#include "../keras_file.hpp"

using namespace runnel;
using converter::Hdf5File;
using test::error_message;
using Strings = std::vector<std::string>;

namespace {

/// An attribute of strings of variable length; a null pointer is what h5py writes for "".
void variable_texts(hid_t file, const char* name, const std::vector<const char*>& values, bool scalar) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hsize_t count = values.size();
    const hid_t space = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
    const hid_t made = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(made, type, values.data());
    H5Aclose(made), H5Sclose(space), H5Tclose(type);
}

/// An array made with a creation property list and nothing written to it.
void unwritten(hid_t file, const char* name, hid_t type, std::vector<hsize_t> shape, auto&& prepare) {
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    prepare(create);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT));
    H5Sclose(space), H5Pclose(create);
}

}  // namespace

TEST_CASE("attributes of text, of every kind that Keras has written") {
    test::Hdf5Builder builder;
    builder.text("/", "fixed", "2.1.4");
    builder.texts("/", "fixed list", {"net", "dense_1"});
    builder.texts("/", "empty list", {});
    variable_texts(builder.file(), "variable", {"2.13.1 \xC3\xA9"}, true);
    variable_texts(builder.file(), "variable list", {"a", nullptr, "ccc"}, false);
    const int number = 7;
    H5LTset_attribute_int(builder.file(), "/", "number", &number, 1);
    const Hdf5File file(builder.bytes());
    CHECK(file.strings("", "fixed") == Strings{"2.1.4"});
    CHECK(file.strings("", "fixed list") == Strings{"net", "dense_1"});
    CHECK(file.strings("", "empty list") == Strings{});
    CHECK(file.strings("", "variable") == Strings{"2.13.1 \xC3\xA9"});
    CHECK(file.strings("", "variable list") == Strings{"a", "", "ccc"});
    CHECK(!file.strings("", "nothing"));
    CHECK(!file.strings("no/group", "fixed"));
    CHECK(error_message([&] { file.strings("", "number"); }) == "'@number' does not hold text");
}

TEST_CASE("arrays of floating-point numbers of any width, whatever the byte order") {
    test::Hdf5Builder builder;
    builder.floats("a/b/float", {2, 3}, {1, 2, 3, 4, 5, 6});
    const hsize_t three = 3;
    const double doubles[] = {0.5, -1e-3, 1e300};
    H5LTmake_dataset(builder.file(), "double", 1, &three, H5T_IEEE_F64BE, doubles);
    const Hdf5File file(builder.bytes());
    CHECK(file.exists("a"));
    CHECK(file.exists("a/b/float"));
    CHECK(!file.exists("a/c"));
    CHECK(file.members("a/b").size() == 1);
    CHECK(file.members("nowhere").empty());
    CHECK(file.shape("a/b/float") == Hdf5File::Shape{2, 3});
    CHECK(file.floats("a/b/float") == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(file.shape("double") == Hdf5File::Shape{3});
    CHECK(error_message([&] { file.floats("a"); }) == "'a' is not an array");
    CHECK(error_message([&] { file.shape("a/c"); }) == "'a/c' is missing");
}

TEST_CASE("arrays that cannot be used") {
    test::Hdf5Builder builder;
    const hsize_t two = 2;
    const int integers[] = {1, 2};
    H5LTmake_dataset_int(builder.file(), "integers", 1, &two, integers);
    const auto plain = [](hid_t) {};
    unwritten(builder.file(), "unwritten", H5T_NATIVE_FLOAT, {4}, plain);
    unwritten(builder.file(), "empty", H5T_NATIVE_FLOAT, {0, 5}, plain);
    unwritten(builder.file(), "huge", H5T_NATIVE_FLOAT, {1 << 20, 1 << 20, 1 << 20, 1 << 20}, plain);
    unwritten(builder.file(), "external", H5T_NATIVE_FLOAT, {4},
              [](hid_t create) { H5Pset_external(create, "/etc/passwd", 0, H5F_UNLIMITED); });
    const Hdf5File file(builder.bytes());
    CHECK(
        error_message([&] { file.floats("integers"); }).starts_with("'integers' does not hold floating-point numbers"));
    CHECK(error_message([&] { file.floats("unwritten"); }).starts_with("'unwritten' was never written"));
    CHECK(error_message([&] { file.floats("huge"); }) == "'huge' has more than 268435456 elements");
    CHECK(error_message([&] { file.floats("external"); }).starts_with("'external' refers to another file"));
    CHECK(file.floats("empty").empty());
}

TEST_CASE("groups that contain themselves end somewhere") {
    test::Hdf5Builder builder;
    builder.group("loop");
    H5Lcreate_hard(builder.file(), "/loop", builder.file(), "loop/again", H5P_DEFAULT, H5P_DEFAULT);
    CHECK(error_message([&] { const Hdf5File file(builder.bytes()); }) == "the HDF5 file holds too many objects");
}

TEST_CASE("what is ignored is not read") {
    test::Hdf5Builder builder;
    builder.floats("optimizer_weights/a", {1}, {1});
    builder.floats("model_weights/optimizer_weights", {1}, {1});
    const Hdf5File file(builder.bytes(), {"optimizer_weights"});
    CHECK(!file.exists("optimizer_weights"));
    CHECK(file.exists("model_weights/optimizer_weights"));
}
