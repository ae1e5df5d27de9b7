#include "patch_file.hpp"

#include <fstream>
#include <stdexcept>
#include <vector>

#include "runtime/common/disk.hpp"

using namespace runnel::test;
using runnel::previous_patch;

namespace {

std::vector<unsigned char> patch(char letter, std::size_t size = 5000) {
    return std::vector<unsigned char>(size, letter);
}
std::string text(const std::vector<unsigned char>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST_CASE("a patch file keeps the one before it") {
    const Folder folder;
    const std::string path = folder.file("p");
    runnel::write_patch_file(path, patch('a'));
    CHECK(contents(path) == text(patch('a')));
    CHECK(folder.entries() == 1);
    runnel::write_patch_file(path, patch('b'));
    runnel::write_patch_file(path, patch('c'));
    CHECK(contents(path) == text(patch('c')));
    CHECK(contents(previous_patch(path)) == text(patch('b')));
    CHECK(folder.entries() == 2);
}

TEST_CASE("a full disk leaves both patches as they were") {
    const Folder folder;
    const std::string path = folder.file("p");
    runnel::write_patch_file(path, patch('a'));
    runnel::write_patch_file(path, patch('b'));
    {
        const FullDisk disk(1000);
        CHECK_THROWS_WITH(runnel::write_patch_file(path, patch('c')),
                          doctest::Contains((path + ": cannot be written: ").c_str()));
    }
    CHECK(contents(path) == text(patch('b')));
    CHECK(contents(previous_patch(path)) == text(patch('a')));
    CHECK(folder.entries() == 2);
    CHECK_THROWS_WITH(runnel::write_patch_file("/dev/full", patch('c')), doctest::Contains("not a regular file"));
}
