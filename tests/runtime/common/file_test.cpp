#include "common/file.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>
#include <vector>

#include "runtime/common/disk.hpp"

using runnel::FileBytes;
using runnel::NewFile;
using runnel::test::contents;
using runnel::test::FullDisk;
using Folder = runnel::test::Folder;

TEST_CASE("a new file appears whole, or not at all") {
    const Folder folder;
    const std::string path = folder.file("y");
    {
        NewFile abandoned(path);
        abandoned.write("half", 4);
        CHECK(folder.entries() == 1);
    }
    CHECK(folder.entries() == 0);
    NewFile file(path);
    file.write("who", 3);
    file.write("le", 2);
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
    CHECK(contents(path) == "whole");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a full disk leaves the old file and nothing else") {
    const Folder folder;
    const std::string path = folder.file("y");
    std::ofstream(path) << "old";
    std::string message;
    {
        const FullDisk disk(1 << 16);
        try {
            NewFile file(path);
            const std::vector<char> large(1 << 17);
            file.write(large.data(), large.size());
            file.commit();
        } catch (const std::runtime_error& error) {
            message = error.what();
        }
    }
    CHECK(message.find(path + ": cannot be written") == 0);
    CHECK(contents(path) == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a link stays a link, and what is no file is not replaced") {
    const Folder folder;
    std::ofstream(folder.file("real")) << "old";
    std::filesystem::create_symlink("real", folder.file("link"));
    NewFile file(folder.file("link"));
    file.write("new", 3);
    file.commit();
    CHECK(std::filesystem::is_symlink(folder.file("link")));
    CHECK(contents(folder.file("real")) == "new");
    CHECK_THROWS_WITH(NewFile("/dev/null"), doctest::Contains("/dev/null: cannot be written"));
    CHECK_THROWS_WITH(NewFile("/tmp"), doctest::Contains("not a regular file"));
}

TEST_CASE("what a power cut left is removed, what another process writes is not") {
    const Folder folder;
    const std::string path = folder.file("y"), partial = path + ".runnel-partial";
    std::ofstream(partial) << "half, and longer than what is written now";
    runnel::write_whole(path, std::vector<unsigned char>{'w', 'h', 'o', 'l', 'e'});
    CHECK(contents(path) == "whole");
    CHECK(folder.entries() == 1);

    NewFile other(path);  // a lock is that of an open file: another one of this process is refused likewise
    other.write("other", 5);
    CHECK_THROWS_WITH(NewFile{path}, doctest::Contains("y: cannot be created: another process is writing it"));
    CHECK(contents(partial) == "other");
    other.commit();
    CHECK(contents(path) == "other");

    std::filesystem::create_symlink("y", partial);
    CHECK_THROWS_WITH(NewFile{path}, doctest::Contains("y: cannot be created"));
    CHECK(contents(path) == "other");
}

TEST_CASE("a file that cannot be read is refused by name") {
    const Folder folder;
    std::ofstream(folder.file("empty"));
    CHECK(FileBytes(folder.file("empty")).bytes().empty());
    CHECK_THROWS_WITH(FileBytes(folder.file("none")), doctest::Contains("none: cannot be opened: No such file"));
    CHECK_THROWS_WITH(FileBytes("/tmp"), doctest::Contains("not a regular file"));
}

TEST_CASE("what was read stays, whatever becomes of the file") {
    const Folder folder;
    const std::string path = folder.file("x");
    for (const std::size_t size : {1u, 4096u, (1u << 21) - 1, 5'000'001u}) {
        CAPTURE(size);
        std::string text(size, ' ');
        for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761u >> 24);
        std::ofstream(path, std::ios::binary) << text;
        const FileBytes file(path);
        const auto is_text = [&] {
            return std::equal(text.begin(), text.end(), reinterpret_cast<const char*>(file.bytes().data()));
        };
        REQUIRE(file.bytes().size() == size);
        CHECK(reinterpret_cast<std::uintptr_t>(file.bytes().data()) % 64 == 0);
        CHECK(is_text());
        std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << std::string(size, '!');
        CHECK(is_text());
        std::filesystem::resize_file(path, 0);
        CHECK(is_text());
        std::filesystem::remove(path);
        CHECK(is_text());
    }
}
