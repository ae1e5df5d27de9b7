#include "write/output.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "../error_message.hpp"
#include "runtime/tool/program.hpp"

using namespace runnel;
using test::contents;

namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string message(const std::string& path) {
    return test::error_message([&] { converter::write_file(path, bytes_of("new")); });
}

}  // namespace

TEST_CASE("a file appears whole, or in place of the old one") {
    const test::Folder folder;
    converter::write_file(folder.file("out"), bytes_of("first"));
    CHECK(contents(folder.file("out")) == "first");
    converter::write_file(folder.file("out"), bytes_of("second, longer"));
    CHECK(contents(folder.file("out")) == "second, longer");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a symbolic link stays one") {
    const test::Folder folder;
    converter::write_file(folder.file("target"), bytes_of("old"));
    REQUIRE(::symlink("target", folder.file("link").c_str()) == 0);
    converter::write_file(folder.file("link"), bytes_of("new"));
    CHECK(std::filesystem::is_symlink(folder.file("link")));
    CHECK(contents(folder.file("target")) == "new");
    CHECK(folder.entries() == 2);
}

TEST_CASE("places that cannot be written") {
    const test::Folder folder;
    CHECK(message("/dev/full") == "/dev/full: is not a regular file");
    CHECK(message(folder.file("")).find("names a folder") != std::string::npos);
    CHECK(message(folder.file("none/out")) ==
          folder.file("none/out") + ": cannot be written: No such file or directory");
    std::filesystem::create_directory(folder.file("directory"));
    CHECK(message(folder.file("directory")) == folder.file("directory") + ": is not a regular file");
    CHECK(folder.entries() == 1);
}

TEST_CASE("the C array holds the bytes and names that C allows") {
    const std::string text = converter::c_array("2nd-model.h", "a comment", std::vector<std::uint8_t>{0, 255, 16});
    CHECK(text.find("static const unsigned char model_2nd_model[3] = {\n    0,255,16,\n};") != std::string::npos);
    CHECK(text.find("enum { model_2nd_model_size = 3 };") != std::string::npos);
    CHECK(text.find("#ifndef RUNNEL_model_2nd_model_H") != std::string::npos);
    CHECK(converter::c_array("gru.h", "", std::vector<std::uint8_t>{1}).find("char gru[1]") != std::string::npos);
}
