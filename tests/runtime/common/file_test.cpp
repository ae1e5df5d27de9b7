#include "common/file.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "runtime/common/disk.hpp"

using runnel::MappedFile;
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

TEST_CASE("what cannot be mapped is refused by name") {
    const Folder folder;
    std::ofstream(folder.file("empty"));
    CHECK(MappedFile(folder.file("empty")).bytes().empty());
    CHECK_THROWS_WITH(MappedFile(folder.file("none")), doctest::Contains("none: cannot be opened: No such file"));
    CHECK_THROWS_WITH(MappedFile("/tmp"), doctest::Contains("not a regular file"));
}
