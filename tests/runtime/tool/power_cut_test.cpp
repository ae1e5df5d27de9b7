#include "patch_file.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "power_cut.hpp"
#include "runtime/common/traced.hpp"
#include "support/files.hpp"
#include "support/skip.hpp"
#include "tune_files.hpp"

using namespace runnel::test;
using runnel::previous_patch;

namespace {

std::vector<unsigned char> patch(char letter, std::size_t size = 5000) {
    return std::vector<unsigned char>(size, letter);
}
std::string text(const std::vector<unsigned char>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST_CASE("a power cut at any system call leaves the old or the new patch, whole") {
    if (!Traced::possible()) {
        skip_case("no process can be traced here");
        return;
    }
    const std::string oldest = text(patch('a')), old = text(patch('b')), fresh = text(patch('c'));
    Outcome outcome = Outcome::cut;
    bool saw_old = false, saw_new = false;
    std::size_t stop = 0;
    for (; outcome == Outcome::cut; ++stop) {
        CAPTURE(stop);
        const Folder folder;
        const std::string path = folder.file("p");
        runnel::write_patch_file(path, patch('a'));
        runnel::write_patch_file(path, patch('b'));
        outcome = cut_power(folder.file(""), stop, [&] { runnel::write_patch_file(path, patch('c')); });
        REQUIRE(outcome != Outcome::unsynced);
        const std::string now = contents(path), before = contents(previous_patch(path));
        REQUIRE((now == old || now == fresh));
        REQUIRE((before == old || (before == oldest && now == old)));
        saw_old |= now == old;
        saw_new |= outcome == Outcome::cut && now == fresh;
        runnel::write_patch_file(path, patch('d'));
        REQUIRE(contents(path) == text(patch('d')));
        REQUIRE(folder.entries() == 2);  // what the cut left behind is gone
    }
    CHECK(stop > 20);
    CHECK(saw_old);
    CHECK(saw_new);
}

TEST_CASE("a power cut in the midst of a training leaves the patch before it or one of its own, whole") {
    if (!Traced::possible()) {
        skip_case("no process can be traced here");
        return;
    }
    const std::vector<std::string> patches{text(patch('a')), text(patch('b')), text(patch('c'))};
    std::set<std::string> seen;
    Outcome outcome = Outcome::cut;
    for (std::size_t stop = 0; outcome == Outcome::cut; ++stop) {
        CAPTURE(stop);
        const Folder folder;
        runnel::TuneOptions options;
        options.patch = folder.file("p");
        runnel::write_patch_file(options.patch, patch('a'));
        outcome = cut_power(folder.file(""), stop, [&] {
            runnel::TuneFiles files(options, folder.file("model"));
            files.write_patch(patch('b'));
            files.write_patch(patch('c'));
        });
        REQUIRE(outcome != Outcome::unsynced);
        const std::string now = contents(options.patch);
        REQUIRE(std::find(patches.begin(), patches.end(), now) != patches.end());
        if (now != patches[0]) REQUIRE(contents(previous_patch(options.patch)) == patches[0]);
        if (outcome == Outcome::cut) seen.insert(now);
    }
    CHECK(seen == std::set(patches.begin(), patches.end()));
}
