#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "../bytes.hpp"
#include "../error_message.hpp"
#include "formats/file.hpp"
#include "formats/isolated.hpp"
#include "formats/sha256.hpp"
#include "formats/zip.hpp"
#include "runtime/tool/program.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using converter::Bytes;
using test::bytes_of;
using test::error_message;

TEST_CASE("SHA-256 of the examples in FIPS 180-2") {
    CHECK(converter::sha256(bytes_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(converter::sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("lines of a text file") {
    const test::Folder folder;
    const auto lines = [&](const std::string& text) {
        std::ofstream(folder.file("words"), std::ios::binary) << text;
        return converter::read_lines(folder.file("words"));
    };
    using Lines = std::vector<std::string>;
    CHECK(lines("a\nb\r\n\nd") == Lines{"a", "b", "", "d"});
    CHECK(lines("a\n") == Lines{"a"});
    CHECK(lines("\xEF\xBB\xBF" "a\n\xEF\xBB\xBF" "b\n") == Lines{"a", "\xEF\xBB\xBF" "b"});
    CHECK(lines("\xEF\xBB\xBF") == Lines{});
    CHECK(lines("") == Lines{});
    CHECK(error_message([&] { lines(std::string("a\0b", 3)); }).find("NUL") != std::string::npos);
}

TEST_CASE("files that cannot be read") {
    const test::Folder folder;
    CHECK(error_message([&] { converter::read_file(folder.file("none")); }) ==
          folder.file("none") + ": there is no such file");
    CHECK(error_message([&] { converter::read_file("/dev/null"); }) == "/dev/null: is not a regular file");
    CHECK(error_message([&] { converter::read_file(folder.file("")); }).ends_with("is not a regular file"));
}

TEST_CASE("members of a zip archive") {
    const Bytes bytes = converter::read_file(test::golden("keras/lstm_7_8.keras"));
    CHECK(converter::ZipFile::is_zip(bytes));
    const converter::ZipFile archive(bytes);
    const auto metadata = archive.read("metadata.json", 1000);
    REQUIRE(metadata);
    CHECK(*metadata == bytes_of(R"({"keras_version": "3.9.2", "date_saved": "2026-01-01@00:00:00"})"));
    CHECK(!archive.read("nothing", 1000));
    CHECK(error_message([&] { archive.read("metadata.json", 10); }) ==
          "'metadata.json' in the zip archive is longer than 10 bytes");
}

TEST_CASE("work in a process of its own") {
    const auto run = [](std::function<Bytes()> work) { return converter::run_isolated(work, "it is broken"); };
    CHECK(run([] { return bytes_of("result"); }) == bytes_of("result"));
    CHECK(run([] { return Bytes(); }).empty());
    CHECK(run([] { return Bytes(5'000'000, std::byte{7}); }) == Bytes(5'000'000, std::byte{7}));
    CHECK(error_message([&] { run([]() -> Bytes { throw converter::Error("refused"); }); }) == "refused");
    CHECK(error_message([&] { run([]() -> Bytes { throw std::runtime_error("other"); }); }) == "it is broken");
    CHECK(error_message([&] { run([]() -> Bytes { std::abort(); }); }) == "it is broken");
}
